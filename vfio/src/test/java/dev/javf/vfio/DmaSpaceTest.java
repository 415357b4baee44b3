package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Allocations;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

class DmaSpaceTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment first = arena.allocate(4096, 4096);
    private final MemorySegment second = arena.allocate(8192, 4096);
    private final DmaSpace space = new DmaSpace();
    private final DmaCursor cursor = new DmaCursor(space);

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void shouldFindOnlyWhatLiesInOneMapping() {
        space.map(0x10000, first);
        space.map(0x11000, second);

        assertThat(cursor.select(0x10FFF, 1)).isTrue();
        assertThat(cursor.memory()).isEqualTo(first);
        assertThat(cursor.offset()).isEqualTo(0xFFF);
        assertThat(cursor.select(0x11000, 8192)).isTrue();
        assertThat(cursor.memory()).isEqualTo(second);
        assertThat(cursor.select(0x10FFF, 2)).as("across two mappings").isFalse();
        assertThat(cursor.select(0xFFFF, 1)).isFalse();
        assertThat(cursor.select(0x13000, 1)).isFalse();
        assertThat(cursor.select(0x12FFF, Long.MAX_VALUE)).isFalse();
        assertThat(cursor.select(-1, 1)).isFalse();
    }

    @Test
    void shouldForgetAMappingAtOnce() {
        space.map(0x10000, first);
        assertThat(cursor.select(0x10000, 1)).isTrue();
        assertThat(space.unmap(0x10000, 4096)).isEqualTo(1);
        assertThat(cursor.select(0x10000, 1)).isFalse();
        assertThat(cursor.select(0x10000, 1)).as("and again").isFalse();
    }

    @Test
    void shouldUnmapByRangeUpToTheEndOfTheAddressSpace() {
        space.map(0x10000, first);
        space.map(0xFFFF_FFFF_FFFF_0000L, second);
        assertThat(space.unmap(0x10000, 4095)).as("a part only").isZero();
        assertThat(space.unmap(0x2000_0000, -0x2000_0000L)).as("up to 2^64").isEqualTo(1);
        assertThat(space.unmap(0, -1)).isEqualTo(1);
        assertThat(space.unmap(0, -1)).as("nothing left is no error").isZero();
    }

    @Test
    void shouldRefuseOverlapAndWrap() {
        space.map(0x10000, second);
        assertThatThrownBy(() -> space.map(0x11000, first))
                .hasMessage("DMA mapping at 0x11000 with 4096 bytes overlaps the one at 0x10000");
        assertThatThrownBy(() -> space.map(-4096, second))
                .hasMessage("DMA mapping at 0xfffffffffffff000 with 8192 bytes is empty or wraps");
    }

    @Test
    void shouldRememberTheFirstFaultsAndCountAll() {
        for (int i = 0; i < 100; i++) {
            space.recordFault(new IommuFault("vf", i, 4, "test"));
        }
        assertThat(space.faultCount()).isEqualTo(100);
        assertThat(space.faults()).hasSize(DmaSpace.FAULTS_REMEMBERED);
        assertThat(space.faults().getFirst())
                .hasToString("vf: test: 0x0 + 4 bytes is not mapped for DMA");
    }

    @Test
    void shouldLookUpWithoutAllocating() {
        space.map(0x10000, first);
        space.map(0x20000, second);
        final Runnable body =
                () -> {
                    for (int i = 0; i < 100_000; i++) {
                        cursor.select((i & 1) == 0 ? 0x10000 : 0x20000, 64);
                    }
                };
        body.run();
        assertThat(Allocations.of(body)).isZero();
    }
}
