package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class IovaAllocatorTest {
    private static final long MIB = 1 << 20;

    @Test
    void shouldAlignLargeAllocationsForLargePages() {
        final IovaAllocator iovas =
                new IovaAllocator(List.of(new IovaAllocator.Range(4096, 64 * MIB - 1)));
        assertThat(iovas.allocate(1)).isEqualTo(4096);
        assertThat(iovas.allocate(2 * MIB)).isEqualTo(2 * MIB);
        assertThat(iovas.allocate(4096)).isEqualTo(8192);
    }

    @Test
    void shouldUseEveryAllowedRangeAndSayWhenAllAreFull() {
        final IovaAllocator iovas =
                new IovaAllocator(
                        List.of(
                                new IovaAllocator.Range(0x1000, 0x1FFF),
                                new IovaAllocator.Range(0x8000, 0x9FFF)));
        assertThat(iovas.allocate(0x2000)).isEqualTo(0x8000);
        assertThat(iovas.allocate(0x1000)).isEqualTo(0x1000);
        assertThatThrownBy(() -> iovas.allocate(4096))
                .hasMessage(
                        "no free I/O virtual address range of 4096 bytes; unmap other memory, or"
                                + " use fewer packet buffers");
    }

    @Test
    void shouldNeverOverlapAndBecomeOneRangeAgain() {
        Seed.forEach(
                7,
                100,
                random -> {
                    final IovaAllocator iovas =
                            new IovaAllocator(List.of(new IovaAllocator.Range(MIB, 65 * MIB - 1)));
                    final List<long[]> held = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        if (held.isEmpty() || random.nextInt(3) > 0) {
                            final long length = 1 + random.nextLong(512 * 1024);
                            final long iova;
                            try {
                                iova = iovas.allocate(length);
                            } catch (final IllegalStateException full) {
                                continue;
                            }
                            assertThat(iova % 4096).isZero();
                            assertThat(held)
                                    .noneMatch(other ->
                                            iova < other[0] + other[1] && other[0] < iova + length);
                            held.add(new long[] {iova, length});
                        } else {
                            final long[] freed = held.remove(random.nextInt(held.size()));
                            iovas.free(freed[0], freed[1]);
                        }
                    }
                    held.forEach(range -> iovas.free(range[0], range[1]));
                    assertThat(iovas.allocate(63 * MIB)).isEqualTo(2 * MIB);
                });
    }
}
