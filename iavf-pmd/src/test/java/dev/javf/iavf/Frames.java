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

    /** A packet's bytes, from all its buffers. */
    static byte[] bytes(final PacketPool pool, final PacketVector vector, final int i) {
        final byte[] bytes = new byte[vector.totalBytes(i)];
        int buffer = vector.buffer(i);
        int offset = vector.offsetBytes(i);
        int length = vector.lengthBytes(i);
        int done = 0;
        while (true) {
            final long start = pool.bufferOffset(buffer) + offset;
            MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, start, bytes, done, length);
            done += length;
            if (done == bytes.length) {
                break;
            }
            buffer = pool.next(buffer);
            offset = pool.pieceOffsetBytes(buffer);
            length = pool.pieceLengthBytes(buffer);
        }
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            assertThat(pool.next(buffer)).as("after the last piece").isEqualTo(PacketPool.NONE);
        }
        return bytes;
    }

    /** Appends a packet with these bytes, each buffer but the last with so many. */
    static void addPieces(
            final PacketPool pool,
            final PacketVector vector,
            final byte[] frame,
            final int pieceBytes,
            final int vlan,
            final int flags) {
        final int first = pool.allocate();
        pool.begin(first);
        int last = first;
        final int firstBytes = Math.min(pieceBytes, frame.length);
        int done = firstBytes;
        put(pool, first, frame, 0, firstBytes);
        while (done < frame.length) {
            final int buffer = pool.allocate();
            final int length = Math.min(pieceBytes, frame.length - done);
            put(pool, buffer, frame, done, length);
            pool.append(last, buffer, pool.headroomBytes(), length);
            last = buffer;
            done += length;
        }
        if (first == last) {
            vector.add(first, pool.headroomBytes(), firstBytes, vlan, flags, 0);
        } else {
            vector.addSegmented(
                    first,
                    pool.headroomBytes(),
                    firstBytes,
                    frame.length - firstBytes,
                    vlan,
                    flags,
                    0);
        }
    }

    private static void put(
            final PacketPool pool,
            final int buffer,
            final byte[] frame,
            final int from,
            final int length) {
        final long start = pool.dataOffset(buffer);
        MemorySegment.copy(frame, from, pool.memory(), ValueLayout.JAVA_BYTE, start, length);
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
