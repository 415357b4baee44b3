package dev.javf.daemon.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.Counter;
import dev.javf.packet.CounterType;
import dev.javf.packet.Counters;
import dev.javf.testing.Allocations;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What is written to a counters file is what a reader finds in it. */
class CountersFileTest {
    private static final CounterType PACKETS = CounterType.count(7, "packets");
    private static final CounterType SIZES = CounterType.count(8, "sizes");

    @TempDir private Path folder;

    private CountersFileWriter create(final int capacity) {
        return CountersFileWriter.create(folder.resolve("c"), capacity, () -> 42);
    }

    @Test
    void shouldShowEveryCounterAtOnce() throws Exception {
        try (CountersFileWriter writer = create(16);
                CountersFile file = CountersFile.open(writer.path())) {
            assertThat(file.entries()).isEmpty();
            final Counter packets = writer.of("left").counter(PACKETS, 3, Counters.NONE);
            final Counter[] sizes = writer.of("left").buckets(SIZES, 3, 2);
            packets.add(5);
            packets.increment();
            sizes[1].set(-9);
            assertThat(file.entries())
                    .containsExactly(
                            new CountersFile.Entry(0, 7, "left", 3, -1, "left 3: packets", 6),
                            new CountersFile.Entry(1, 8, "left", 3, 0, "left 3: sizes [0]", 0),
                            new CountersFile.Entry(2, 8, "left", 3, 1, "left 3: sizes [1]", -9));
            packets.add(1L << 62);
            assertThat(file.value(0)).isEqualTo((1L << 62) + 6).isEqualTo(packets.value());
            assertThat(file.pid()).isEqualTo(ProcessHandle.current().pid());
            assertThat(file.isAlive()).isTrue();
            assertThat(file.startedNs()).isEqualTo(42);
            assertThat(file.startedMs()).isPositive();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(writer.path())))
                    .isEqualTo("rw-r-----");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shouldGoOnWhereTheLastOwnerOfThatNameStopped() {
        try (CountersFileWriter writer = create(16)) {
            writer.of("left").counter(PACKETS).add(5);
            assertThat(writer.of("left").counter(PACKETS).value()).isEqualTo(5);
            assertThat(writer.of("right").counter(PACKETS).value()).isZero();
        }
    }

    @Test
    void shouldCountOnWithoutRoomAndSaySo() {
        try (CountersFileWriter writer = create(1);
                CountersFile file = CountersFile.open(writer.path())) {
            writer.of("left").counter(PACKETS).add(1);
            final Counter unplaced = writer.of("right").counter(PACKETS);
            unplaced.add(3);
            assertThat(writer.of("right").counter(PACKETS).value()).isEqualTo(3);
            assertThat(file.entries()).hasSize(1);
            assertThat(file.unplaced()).isEqualTo(1);
        }
    }

    @Test
    void shouldCutOffWhatIsTooLong() {
        final String owner = "ä".repeat(200);
        try (CountersFileWriter writer = create(2);
                CountersFile file = CountersFile.open(writer.path())) {
            writer.of(owner).counter(PACKETS).add(1);
            assertThat(file.entries().getFirst().owner()).isEqualTo("ä".repeat(50));
            assertThat(file.entries().getFirst().label()).startsWith("ää").hasSize(190);
        }
    }

    @Test
    void shouldTakeTheCountersAlongWhenItIsReplaced() {
        final CountersFileWriter first = create(2);
        final Counter counter = first.of("left").counter(PACKETS);
        try (CountersFile old = CountersFile.open(first.path());
                CountersFileWriter second = create(2);
                CountersFile file = CountersFile.open(second.path())) {
            counter.add(1);
            first.close();
            assertThat(file.entries()).isEmpty();
            assertThat(old.entries().getFirst().value()).isEqualTo(1);
            assertThat(second.path()).exists();
        }
    }

    @Test
    void shouldAllocateNothingToCount() {
        try (CountersFileWriter writer = create(2)) {
            final Counter counter = writer.of("left").counter(PACKETS);
            final Runnable body =
                    () -> {
                        for (int i = 0; i < 100_000; i++) {
                            counter.add(i);
                            counter.set(counter.value() + 1);
                        }
                    };
            assertThat(Allocations.ofSteady(body)).isZero();
        }
    }

    @Test
    void shouldRefuseOtherFiles() throws Exception {
        final Path path = folder.resolve("c");
        assertThatThrownBy(() -> CountersFile.open(path))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining("is javfd running");
        Files.write(path, new byte[100]);
        assertThatThrownBy(() -> CountersFile.open(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too short");
        Files.write(path, new byte[8192]);
        assertThatThrownBy(() -> CountersFile.open(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 1");
        create(4);
        final byte[] whole = Files.readAllBytes(path);
        assertThat(new String(whole, 0, 8, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("JAVFCNTR");
        final ByteBuffer view = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        for (final int capacity : new int[] {5, -1, 0, Integer.MAX_VALUE}) {
            view.putInt(12, capacity);
            Files.write(path, whole);
            assertThatThrownBy(() -> CountersFile.open(path))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> create(0)).hasMessageContaining("must be 1 to");
        assertThatThrownBy(() ->
                        CountersFileWriter.create(folder.resolve("missing/c"), 1, System::nanoTime))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("missing/c");
    }
}
