package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;

/** See {@link ServerFuzz}. */
class VfioUserFuzzTest {
    private static final int MESSAGES_PER_CONNECTION = 200;

    private static final Set<Command> SERVED =
            EnumSet.of(
                    Command.VERSION,
                    Command.DMA_MAP,
                    Command.DMA_UNMAP,
                    Command.DEVICE_GET_INFO,
                    Command.DEVICE_GET_REGION_INFO,
                    Command.DEVICE_GET_IRQ_INFO,
                    Command.DEVICE_SET_IRQS,
                    Command.REGION_READ,
                    Command.REGION_WRITE,
                    Command.DEVICE_RESET);

    @TempDir private Path folder;

    @Test
    void shouldSurviveAHundredThousandMessages() {
        fuzz(1, 100_000);
    }

    @Test
    @Tag("proof")
    void shouldSurviveAMillionMessages() {
        fuzz(1_000_000, 1_000_000);
    }

    private void fuzz(final long firstSeed, final long messages) {
        final UnixAddress address = new UnixAddress(folder.resolve("fuzz.sock").toString());
        final long descriptors = OpenDescriptors.count();
        final long mappings = OpenDescriptors.mappings();
        try (ServerFuzz fuzz = new ServerFuzz(address)) {
            long seed = firstSeed;
            while (fuzz.sent() < messages) {
                Seed.forEach(seed, 1, random -> fuzz.connect(random, MESSAGES_PER_CONNECTION));
                seed++;
            }
            assertThat(fuzz.outcomes().keySet()).containsAll(everyOutcome());
            assertThat(fuzz.errors())
                    .as("not everything is nonsense")
                    .isLessThan(fuzz.answers() * 3 / 4);
            assertThat(fuzz.errors()).as("but much is").isGreaterThan(fuzz.answers() / 4);
        }
        assertThat(OpenDescriptors.count()).as("descriptors").isEqualTo(descriptors);
        assertThat(OpenDescriptors.mappings()).as("mappings of files").isEqualTo(mappings);
    }

    /** A generator that doesn't reach all of these shows less than it seems to. */
    private static Set<String> everyOutcome() {
        final Set<String> outcomes = new TreeSet<>();
        for (final Command command : Command.values()) {
            outcomes.add(command + ": " + (SERVED.contains(command) ? 0 : Libc.EOPNOTSUPP()));
            outcomes.add(command + ": " + Libc.EINVAL());
        }
        outcomes.add("unknown: " + Libc.EINVAL());
        outcomes.add(Command.DMA_MAP + ": " + Libc.EEXIST());
        outcomes.add(Command.DMA_MAP + ": " + Libc.EPERM());
        outcomes.add(ServerFuzz.ASKED_FOR_MEMORY);
        outcomes.add("client is gone: a message says it has N bytes; N to N are possible");
        outcomes.add("client is gone: a reply came that nobody had asked for");
        outcomes.add("client is gone: more than N descriptors came with a message");
        outcomes.add("client is gone: no answer to DMA_READ within N ns");
        outcomes.add("client is gone: the first message wasn't a VERSION N.x");
        outcomes.add("client is gone: the peer has closed");
        outcomes.add("client is gone: the peer has closed within a message");
        return outcomes;
    }
}
