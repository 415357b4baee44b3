package dev.javf.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The Internet checksum (RFC 1071) of bytes in memory. Sums are of 16-bit words as the machine
 * reads them: the order of bytes makes no difference as long as the result is stored the same way.
 * Static functions that allocate nothing.
 */
final class InternetChecksum {
    private static final long INT_MASK = 0xFFFF_FFFFL;

    private InternetChecksum() {}

    /**
     * Adds bytes to a sum.
     *
     * @param sum up to now, folded or not.
     * @param memory where they are.
     * @param offset of the first one, which is the first of a word.
     * @param lengthBytes how many; an odd last one counts as a word with 0.
     * @return the sum, not folded.
     */
    static long add(
            final long sum, final MemorySegment memory, final long offset, final int lengthBytes) {
        long total = fold(sum);
        long at = offset;
        final long end = offset + lengthBytes;
        for (; end - at >= Long.BYTES; at += Long.BYTES) {
            final long words = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            total += (words & INT_MASK) + (words >>> Integer.SIZE);
        }
        for (; end - at >= Short.BYTES; at += Short.BYTES) {
            total += memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xFFFFL;
        }
        if (at < end) {
            total += memory.get(ValueLayout.JAVA_BYTE, at) & 0xFFL;
        }
        return total;
    }

    /**
     * Adds all bytes of a packet from one on.
     *
     * @param sum up to now.
     * @param pool of the packet.
     * @param vector where the packet is.
     * @param i its place there.
     * @param skipBytes bytes before the first that counts, which is the first of a word; at most
     *     the packet's length in its first buffer.
     * @return the sum, folded.
     */
    static int addPacket(
            final long sum,
            final PacketPool pool,
            final PacketVector vector,
            final int i,
            final int skipBytes) {
        final MemorySegment memory = pool.memory();
        int buffer = vector.buffer(i);
        int lengthBytes = vector.lengthBytes(i) - skipBytes;
        long total =
                add(
                        sum,
                        memory,
                        pool.bufferOffset(buffer) + vector.offsetBytes(i) + skipBytes,
                        lengthBytes);
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
            boolean isOdd = (lengthBytes & 1) != 0;
            for (buffer = pool.next(buffer);
                    buffer != PacketPool.NONE;
                    buffer = pool.next(buffer)) {
                lengthBytes = pool.pieceLengthBytes(buffer);
                final int piece =
                        fold(
                                add(
                                        0,
                                        memory,
                                        pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer),
                                        lengthBytes));
                total += isOdd ? swap(piece) : piece;
                isOdd ^= (lengthBytes & 1) != 0;
            }
        }
        return fold(total);
    }

    /** A sum in 16 bits. */
    static int fold(final long sum) {
        long folded = (sum & INT_MASK) + (sum >>> Integer.SIZE);
        folded = (folded & 0xFFFF) + (folded >>> Short.SIZE);
        folded = (folded & 0xFFFF) + (folded >>> Short.SIZE);
        return (int) ((folded & 0xFFFF) + (folded >>> Short.SIZE));
    }

    /** A number as it counts in a sum when it stands in a packet in network byte order. */
    static int swap(final int word) {
        return Short.reverseBytes((short) word) & 0xFFFF;
    }
}
