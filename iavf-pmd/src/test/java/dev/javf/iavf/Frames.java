package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Frames that differ in every byte, each known by its number. */
final class Frames {
    private Frames() {}

    /** The frame with a number: always the same bytes for the same number and length. */
    static byte[] frame(final long number, final int lengthBytes) {
        final byte[] frame = new byte[lengthBytes];
        new SplittableRandom(number).nextBytes(frame);
        return frame;
    }

    /** Fails with the frame's number and the place of the first difference. */
    static void assertSame(final int number, final byte[] actual, final byte[] expected) {
        final int mismatch = Arrays.mismatch(actual, expected);
        assertThat(mismatch)
                .as(
                        "first difference in frame %d, %d bytes instead of %d",
                        number, actual.length, expected.length)
                .isEqualTo(-1);
    }

    /** A packet's bytes. */
    static byte[] bytes(final PacketPool pool, final PacketVector vector, final int i) {
        final byte[] bytes = new byte[vector.lengthBytes(i)];
        final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
        MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, start, bytes, 0, bytes.length);
        return bytes;
    }

    /** Appends a packet with these bytes, in a buffer of its own. */
    static void add(
            final PacketPool pool,
            final PacketVector vector,
            final byte[] frame,
            final int vlan,
            final int flags) {
        final int buffer = pool.allocate();
        MemorySegment.copy(
                frame,
                0,
                pool.memory(),
                ValueLayout.JAVA_BYTE,
                pool.dataOffset(buffer),
                frame.length);
        vector.add(buffer, pool.headroomBytes(), frame.length, vlan, flags, 0);
    }
}
