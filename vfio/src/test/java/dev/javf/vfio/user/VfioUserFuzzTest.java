package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.UnixAddress;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** See {@link ServerFuzz}. */
class VfioUserFuzzTest {
    private static final int MESSAGES_PER_CONNECTION = 200;

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
        try (ServerFuzz fuzz = new ServerFuzz(address)) {
            long seed = firstSeed;
            while (fuzz.sent() < messages) {
                Seed.forEach(seed, 1, random -> fuzz.connect(random, MESSAGES_PER_CONNECTION));
                seed++;
            }
            assertThat(fuzz.errors())
                    .as("not everything is nonsense")
                    .isLessThan(fuzz.answers() * 3 / 4);
            assertThat(fuzz.errors()).as("but much is").isGreaterThan(fuzz.answers() / 4);
        }
    }
}
