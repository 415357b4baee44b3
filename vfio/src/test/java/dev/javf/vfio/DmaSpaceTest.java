package dev.javf.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.UncheckedMemory;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

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
        assertThat(cursor.address()).isEqualTo(first.address() + 0xFFF);
        assertThat(cursor.select(0x11000, 8192)).isTrue();
        assertThat(cursor.memory()).isEqualTo(second);
        assertThat(cursor.select(0x10FFF, 2)).as("across two mappings").isFalse();
        assertThat(cursor.select(0xFFFF, 1)).isFalse();
        assertThat(cursor.select(0x13000, 1)).isFalse();
        assertThat(cursor.select(0x12FFF, Long.MAX_VALUE)).isFalse();
        assertThat(cursor.select(-1, 1)).isFalse();
    }

    @Test
    void shouldRefuseAnArray() {
        assertThatThrownBy(() -> space.map(0x10000, MemorySegment.ofArray(new byte[4096])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("array");
        assertThat(cursor.select(0x10000, 1)).isFalse();
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
    void shouldKnowWhichRangesCutAMapping() {
        space.map(0x10000, second);
        assertThat(space.isCutBy(0x10000, 8192)).as("all of it").isFalse();
        assertThat(space.isCutBy(0xF000, 0x4000)).as("more than it").isFalse();
        assertThat(space.isCutBy(0x11000, 0x1000)).as("its end").isTrue();
        assertThat(space.isCutBy(0x10000, 0x1000)).as("its start").isTrue();
        assertThat(space.isCutBy(0x10FFF, 1)).as("its middle").isTrue();
        assertThat(space.isCutBy(0x12000, -0x12000L)).as("what follows it").isFalse();
        assertThat(space.isCutBy(0x11000, -0x11000L)).as("its end, up to 2^64").isTrue();
    }

    @Test
    void shouldTellWhichMemoryIsNotUsedAnyMore() {
        space.map(0x10000, first);
        space.map(0x20000, second, 4096, 4096, DmaAccess.READ_WRITE);
        final List<MemorySegment> dropped = new ArrayList<>();
        assertThat(space.unmap(0x20000, 0x1000, dropped::add)).isEqualTo(1);
        assertThat(dropped).containsExactly(second);
        assertThat(space.size()).isEqualTo(1);
        space.unmapAll();
        assertThat(space.size()).isZero();
        assertThat(cursor.select(0x10000, 1)).isFalse();
    }

    @Test
    void shouldJoinWhatContinuesInAddressAndMemory() {
        space.map(0x11000, second, 4096, 4096, DmaAccess.READ_WRITE);
        space.map(0x10000, second, 0, 4096, DmaAccess.READ_WRITE);
        assertThat(cursor.select(0x10800, 4096)).isTrue();
        assertThat(cursor.offset()).isEqualTo(0x800);
        assertThat(space.unmap(0x11000, 4096)).as("still two").isEqualTo(1);
        assertThat(cursor.select(0x10800, 4096)).isFalse();
        assertThat(cursor.select(0x10800, 2048)).isTrue();
    }

    @Test
    void shouldProtectWhatMayOnlyBeRead() {
        space.map(0x10000, first, 0, 4096, DmaAccess.READ_ONLY);
        assertThat(cursor.select(0x10000, 64)).isFalse();
        assertThat(cursor.selectReadable(0x10000, 64)).isTrue();
        assertThat(cursor.memory()).isEqualTo(first);
        assertThat(cursor.write(0x10000, second, 0, 64)).isFalse();
        assertThat(cursor.read(0x10000, second, 0, 64)).isTrue();
    }

    @Test
    void shouldCopyAcrossMappings() {
        space.map(0x11000, first);
        space.map(0x10000, second, 4096, 4096, DmaAccess.READ_WRITE);
        final MemorySegment text = arena.allocateFrom("from one page to the next");
        assertThat(cursor.write(0x10FF8, text, 0, text.byteSize())).isTrue();
        assertThat(first.getString(0)).isEqualTo(text.getString(8));
        final MemorySegment copy = arena.allocate(text.byteSize());
        assertThat(cursor.read(0x10FF8, copy, 0, text.byteSize())).isTrue();
        assertThat(copy.mismatch(text)).isEqualTo(-1);
        assertThat(cursor.read(0x11FF8, copy, 0, text.byteSize())).as("into a hole").isFalse();
        assertThat(cursor.write(0x11FF8, text, 0, text.byteSize())).as("into a hole").isFalse();
    }

    @Test
    void shouldAskForWhatIsElsewhere() {
        final MemorySegment elsewhere = arena.allocate(4096);
        space.map(0x11000, 4096, DmaAccess.READ_WRITE, new Elsewhere(0x11000, elsewhere));
        space.map(0x10000, first);
        assertThat(cursor.select(0x11000, 4)).as("no memory").isFalse();
        final MemorySegment text = arena.allocateFrom("here and there");
        assertThat(cursor.write(0x10FFC, text, 0, text.byteSize())).isTrue();
        assertThat(elsewhere.getString(0)).isEqualTo(" and there");
        final MemorySegment copy = arena.allocate(text.byteSize());
        assertThat(cursor.read(0x10FFC, copy, 0, text.byteSize())).isTrue();
        assertThat(copy.mismatch(text)).isEqualTo(-1);
        assertThat(cursor.read(0x11FFF, copy, 0, 2)).as("beyond").isFalse();
    }

    private record Elsewhere(long iova, MemorySegment memory) implements RemoteMemory {
        @Override
        public boolean read(
                final long address,
                final MemorySegment destination,
                final long offset,
                final long lengthBytes) {
            MemorySegment.copy(memory, address - iova, destination, offset, lengthBytes);
            return true;
        }

        @Override
        public boolean write(
                final long address,
                final MemorySegment source,
                final long offset,
                final long lengthBytes) {
            MemorySegment.copy(source, offset, memory, address - iova, lengthBytes);
            return true;
        }
    }

    /** Against a map of single pages: tens of thousands of random changes and look-ups. */
    @Test
    void shouldAgreeWithAMapOfPages() {
        Seed.forEach(1, 20, random -> agreeWithAMapOfPages(random, 2000));
    }

    private void agreeWithAMapOfPages(final SplittableRandom random, final int steps) {
        final DmaSpace pages = new DmaSpace();
        final DmaCursor reader = new DmaCursor(pages);
        final Map<Long, Integer> model = new HashMap<>();
        final Map<Integer, Integer> lengths = new HashMap<>();
        final long[] bases = {0, 0x8000_0000_0000_0000L - 0x8000, -0x10000L};
        for (int step = 0; step < steps; step++) {
            final long base = bases[random.nextInt(bases.length)];
            final long start = base + 4096L * random.nextInt(16);
            final long count = Math.min(1 + random.nextInt(4), (base + 0x10000 - start) >>> 12);
            if (random.nextBoolean()) {
                boolean isFree = true;
                for (int i = 0; i < count; i++) {
                    isFree &= !model.containsKey(start + 4096L * i);
                }
                // Never touched, so it needn't be there.
                final MemorySegment memory =
                        UncheckedMemory.of(0x10000 * (step + 1L), 4096 * count);
                if (isFree) {
                    pages.map(start, memory);
                    lengths.put(step, (int) count);
                    for (int i = 0; i < count; i++) {
                        model.put(start + 4096L * i, step);
                    }
                } else {
                    assertThatThrownBy(() -> pages.map(start, memory))
                            .isInstanceOf(IllegalArgumentException.class);
                }
            } else {
                final Map<Integer, Integer> hit = new HashMap<>();
                for (int i = 0; i < count; i++) {
                    final Integer id = model.get(start + 4096L * i);
                    if (id != null) {
                        hit.merge(id, 1, Integer::sum);
                    }
                }
                final boolean cuts =
                        hit.entrySet().stream()
                                .anyMatch(e -> !e.getValue().equals(lengths.get(e.getKey())));
                assertThat(pages.isCutBy(start, 4096 * count)).isEqualTo(cuts);
                hit.entrySet().removeIf(e -> !e.getValue().equals(lengths.get(e.getKey())));
                assertThat(pages.unmap(start, 4096 * count)).isEqualTo(hit.size());
                model.values().removeIf(hit::containsKey);
            }
            final long probe = base + random.nextInt(0x10000);
            final long length = 1L + random.nextInt(4096);
            boolean isMapped = probe - base + length <= 0x10000;
            final Integer id = model.get(probe & -4096L);
            isMapped &= id != null && id.equals(model.get((probe + length - 1) & -4096L));
            assertThat(reader.select(probe, length)).isEqualTo(isMapped);
        }
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
        long leastBytes = Long.MAX_VALUE; // class loading and compilation are in some of the runs
        for (int run = 0; run < 10; run++) {
            leastBytes = Math.min(leastBytes, Allocations.of(body));
        }
        assertThat(leastBytes).isZero();
    }
}
