package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

class UncheckedMemoryTest {
    private static final int SIZE = 512;
    private static final int LONGEST = 400;

    @Test
    void shouldCopyWhatItIsToldAndNothingElse() {
        final SplittableRandom random = new SplittableRandom(64);
        final byte[] source = new byte[SIZE];
        final byte[] target = new byte[SIZE];
        random.nextBytes(source);
        random.nextBytes(target);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment from = arena.allocate(SIZE);
            final MemorySegment to = arena.allocate(SIZE);
            MemorySegment.copy(source, 0, from, ValueLayout.JAVA_BYTE, 0, SIZE);
            for (int length = 8; length <= LONGEST; length++) {
                final int fromOffset = random.nextInt(SIZE - length + 1);
                final int toOffset = random.nextInt(SIZE - length + 1);
                MemorySegment.copy(target, 0, to, ValueLayout.JAVA_BYTE, 0, SIZE);
                UncheckedMemory.copy(from.address() + fromOffset, to.address() + toOffset, length);
                final byte[] expected = Arrays.copyOf(target, SIZE);
                System.arraycopy(source, fromOffset, expected, toOffset, length);
                assertThat(to.toArray(ValueLayout.JAVA_BYTE)).as("%d", length).isEqualTo(expected);
            }
        }
    }
}
