package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

class VirtioHeaderTest {
    private static final int BEHIND = 0x5A;

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void shouldReplaceWhateverElseStandsThere(final int flags) {
        final byte[] plain = new byte[VirtioHeader.LENGTH_BYTES + 1];
        plain[0] = (byte) flags;
        plain[VirtioHeader.NUM_BUFFERS] = 1;
        plain[VirtioHeader.LENGTH_BYTES] = BEHIND;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment memory = arena.allocate(plain.length);
            for (int changed = 0; changed < VirtioHeader.LENGTH_BYTES; changed++) {
                MemorySegment.copy(plain, 0, memory, ValueLayout.JAVA_BYTE, 0, plain.length);
                memory.set(ValueLayout.JAVA_BYTE, changed, (byte) (plain[changed] ^ 0x80));
                VirtioHeader.update(memory, 0, flags);
                assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(plain);
                VirtioHeader.update(memory, 0, flags);
                assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(plain);
            }
        }
    }
}
