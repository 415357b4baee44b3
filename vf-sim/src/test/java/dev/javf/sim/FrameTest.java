package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

class FrameTest {
    private static final MacAddress DESTINATION = MacAddress.of("02:00:00:00:00:01");
    private static final MacAddress SOURCE = MacAddress.of("02:00:00:00:00:02");
    private static final int LENGTH = 200;

    private final MemorySegment memory = Arena.ofAuto().allocate(4096, 8);
    private final MemorySegment target = Arena.ofAuto().allocate(4096, 8);
    private final Frame frame = new Frame();

    private byte[] store(final byte[] bytes) {
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 1, bytes.length);
        return bytes;
    }

    private byte[] copy() {
        final long end = frame.copyTo(target, 3);
        return target.asSlice(3, end - 3).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] tagged() {
        final byte[] plain = Frames.ethernet(DESTINATION, SOURCE, 0x88B5, LENGTH - 8);
        return Frames.tagged(Frames.tagged(plain, 0x8100, 7), 0x88A8, 0x2005);
    }

    @Test
    void shouldReadAddressesAndTags() {
        store(tagged());
        frame.clear();
        frame.borrow(memory, 1, LENGTH, true);
        assertThat(frame.destination()).isEqualTo(DESTINATION.value());
        assertThat(frame.source()).isEqualTo(SOURCE.value());
        assertThat(frame.tagCount()).isEqualTo(2);
        assertThat(frame.tag(0)).isEqualTo(0x88A8 << 16 | 0x2005);
        assertThat(frame.tag(1)).isEqualTo(0x8100 << 16 | 7);
        assertThat(frame.u16(frame.typeOffset())).isEqualTo(0x88B5);
    }

    @Test
    void shouldTakeATagForATagOnlyWhenATypeFollows() {
        for (int length = 14; length < 26; length++) {
            store(tagged());
            frame.clear();
            frame.borrow(memory, 1, length, true);
            assertThat(frame.tagCount()).isEqualTo(length < 18 ? 0 : length < 22 ? 1 : 2);
            assertThat(copy()).isEqualTo(Arrays.copyOf(tagged(), length));
        }
    }

    @Test
    void shouldPassOnTheAddressesAndTagsThatWereRead() {
        final byte[] sent = store(tagged());
        frame.clear();
        frame.borrow(memory, 1, LENGTH, true);
        for (int i = 0; i < 24; i++) {
            memory.set(ValueLayout.JAVA_BYTE, 1 + i, (byte) 0xEE);
        }
        assertThat(copy()).isEqualTo(sent);

        frame.insertTag(0x9100 << 16 | 9);
        final byte[] withTag = Frames.tagged(sent, 0x9100, 9);
        assertThat(Arrays.copyOf(copy(), 24)).isEqualTo(Arrays.copyOf(withTag, 24));
    }

    @Test
    void shouldHoldPiecesTogether() {
        final byte[] sent = store(tagged());
        frame.clear();
        frame.append(memory, 1, 5);
        frame.append(memory, 6, 130);
        frame.append(memory, 136, LENGTH - 135);
        frame.seal(Frame.HEADER_BYTES, false);
        assertThat(frame.lengthBytes()).isEqualTo(LENGTH);
        assertThat(frame.headerBytes()).isEqualTo(Frame.HEADER_BYTES);
        assertThat(frame.tagCount()).as("0x88A8 is no tag in single VLAN mode").isZero();
        assertThat(copy()).isEqualTo(sent);
    }
}
