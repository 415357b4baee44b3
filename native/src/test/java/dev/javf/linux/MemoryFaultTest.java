package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class MemoryFaultTest {
    private static final int PAGE_BYTES = 4096;
    private static final int MADV_REMOVE = Libc.MADV_REMOVE();

    /** Reads until the JVM has had an occasion to throw. */
    private static long sum(final MemorySegment memory) {
        long sum = 0;
        for (int round = 0; round < 10_000; round++) {
            for (long at = 0; at < memory.byteSize(); at += PAGE_BYTES) {
                sum += memory.get(ValueLayout.JAVA_BYTE, at);
            }
        }
        return sum;
    }

    @Test
    void shouldKnowAMissingPageBehindTheEndOfAFile() {
        final CallState state = CallState.ofThread();
        try (SharedMemory file =
                        SharedMemory.allocate("shrinks", 4 * PAGE_BYTES, PageSize.PLAIN_4K);
                Arena arena = Arena.ofConfined()) {
            final MemorySegment mapping =
                    file.descriptor().map(0, 4 * PAGE_BYTES, Libc.PROT_READ(), arena);
            assertThat(MemoryFault.isWhole(mapping)).isTrue();
            assertThat(sum(mapping)).isZero();

            assertThat(SystemCalls.ftruncate(state, file.descriptor().fd(), PAGE_BYTES)).isZero();
            assertThat(MemoryFault.isWhole(mapping)).isFalse();
            assertThat(MemoryFault.isWhole(mapping.asSlice(0, PAGE_BYTES))).isTrue();
            assertThatThrownBy(() -> sum(mapping)).matches(MemoryFault::isCauseOf);

            assertThat(SystemCalls.ftruncate(state, file.descriptor().fd(), 4 * PAGE_BYTES))
                    .isZero();
            assertThat(MemoryFault.isWhole(mapping)).isTrue();
            assertThat(sum(mapping)).isZero();
        }
    }

    @Test
    void shouldKnowAHugePageThatIsNotToBeHad() {
        Machine.needsHugePages(2);
        final long pageBytes = PageSize.HUGE_2M.bytes();
        try (SharedMemory file = SharedMemory.allocate("punched", pageBytes, PageSize.HUGE_2M)) {
            assertThat(file.pageSize()).isEqualTo(PageSize.HUGE_2M);
            assertThat(OpenFile.hasHugePages(file.descriptor())).isTrue();
            final List<SharedMemory> others = new ArrayList<>();
            try {
                final MemorySegment mapping = file.segment();
                assertThat(
                                SystemCalls.madvise(
                                        CallState.ofThread(),
                                        mapping.address(),
                                        pageBytes,
                                        MADV_REMOVE))
                        .isZero();
                SharedMemory other;
                do {
                    other = SharedMemory.allocate("takes", pageBytes, PageSize.HUGE_2M);
                    others.add(other);
                } while (other.pageSize() == PageSize.HUGE_2M);
                assertThat(MemoryFault.isWhole(mapping)).isFalse();
                assertThatThrownBy(() -> sum(mapping)).matches(MemoryFault::isCauseOf);
                others.removeFirst().close();
                assertThat(MemoryFault.isWhole(mapping)).isTrue();
                assertThat(sum(mapping)).isZero();
            } finally {
                others.forEach(SharedMemory::close);
            }
        }
    }

    @Test
    void shouldNotTakeOtherErrorsForIt() {
        assertThat(MemoryFault.isCauseOf(new InternalError("out of something"))).isFalse();
        assertThat(MemoryFault.isCauseOf(new InternalError())).isFalse();
        assertThat(MemoryFault.isCauseOf(new IllegalStateException("unsafe memory access")))
                .isFalse();
        try (SharedMemory plain = SharedMemory.allocate("plain", 1, PageSize.PLAIN_4K)) {
            assertThat(OpenFile.hasHugePages(plain.descriptor())).isFalse();
        }
    }
}
