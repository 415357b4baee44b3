package dev.javf.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The checksums that a network device computes: the Internet checksum (RFC 1071), CRC32c for SCTP
 * (RFC 9260, appendix A) and the frame check sequence (IEEE 802.3, 3.2.9). Internet checksums are
 * summed up over little-endian words; one's complement addition doesn't mind the byte order as long
 * as it is the same everywhere (RFC 1071, 2.B).
 */
final class Checksums {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int[] CRC32 = table(0xEDB8_8320);
    private static final int[] CRC32C = table(0x82F6_3B78);
    private static final int SCTP_CHECKSUM_OFFSET = 8;

    private Checksums() {}

    /**
     * Sums up bytes.
     *
     * @return a sum of 16-bit words, to be added to others and {@link #fold}ed.
     */
    static long sum(final MemorySegment memory, final long offset, final int lengthBytes) {
        long sum = 0;
        int at = 0;
        // Four sums that don't wait for one another.
        long second = 0;
        long third = 0;
        long fourth = 0;
        for (; at + 4 * Long.BYTES <= lengthBytes; at += 4 * Long.BYTES) {
            sum += halves(memory.get(LONG, offset + at));
            second += halves(memory.get(LONG, offset + at + 8));
            third += halves(memory.get(LONG, offset + at + 16));
            fourth += halves(memory.get(LONG, offset + at + 24));
        }
        sum += second + third + fourth;
        for (; at + Long.BYTES <= lengthBytes; at += Long.BYTES) {
            sum += halves(memory.get(LONG, offset + at));
        }
        if (at + Integer.BYTES <= lengthBytes) {
            sum += memory.get(INT, offset + at) & 0xFFFF_FFFFL;
            at += Integer.BYTES;
        }
        if (at + Short.BYTES <= lengthBytes) {
            sum += memory.get(SHORT, offset + at) & 0xFFFF;
            at += Short.BYTES;
        }
        if (at < lengthBytes) {
            sum += memory.get(ValueLayout.JAVA_BYTE, offset + at) & 0xFF;
        }
        return sum;
    }

    private static long halves(final long word) {
        return (word & 0xFFFF_FFFFL) + (word >>> 32);
    }

    /** Sums up a frame's bytes from one offset to another, both in the frame without inserts. */
    static long sum(final Frame frame, final int fromOffset, final int toOffset) {
        final int headerBytes = frame.headerBytes();
        if (toOffset <= headerBytes) {
            return sum(frame.header(), frame.headerOffset() + fromOffset, toOffset - fromOffset);
        }
        int at = Math.min(fromOffset, headerBytes);
        long sum = sum(frame.header(), frame.headerOffset() + at, headerBytes - at);
        at = headerBytes;
        for (int piece = frame.firstPiece(); piece < frame.pieces(); piece++) {
            final int from = Math.max(fromOffset, at);
            final int to = Math.min(toOffset, at + frame.pieceLength(piece));
            if (from < to) {
                final long part =
                        sum(
                                frame.pieceMemory(piece),
                                frame.pieceOffset(piece) + from - at,
                                to - from);
                // A piece at an odd place adds to the other byte of each word (RFC 1071, 2.B).
                sum +=
                        (from - fromOffset & 1) == 0
                                ? part
                                : Short.reverseBytes((short) fold(part)) & 0xFFFF;
            }
            at += frame.pieceLength(piece);
        }
        return sum;
    }

    /** Folds a sum to 16 bits; its words are as in memory, little endian. */
    static int fold(final long sum) {
        long folded = (sum & 0xFFFF_FFFFL) + (sum >>> 32);
        folded = (folded & 0xFFFF_FFFFL) + (folded >>> 32);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        return (int) ((folded & 0xFFFF) + (folded >>> 16));
    }

    /** A 16-bit number as it would be summed up from memory in network byte order. */
    static int bigEndian(final int value) {
        return Short.reverseBytes((short) value) & 0xFFFF;
    }

    /** Whether an SCTP packet's checksum is right. */
    static boolean isSctpCorrect(final Frame frame, final int fromOffset, final int toOffset) {
        final long field = frame.headerOffset() + fromOffset + SCTP_CHECKSUM_OFFSET;
        return frame.header().get(INT, field) == sctp(frame, fromOffset, toOffset);
    }

    /** An SCTP packet's checksum, little endian as it is sent; its field counts as zero. */
    static int sctp(final Frame frame, final int fromOffset, final int toOffset) {
        final int field = fromOffset + SCTP_CHECKSUM_OFFSET;
        int crc = crc(CRC32C, -1, frame, fromOffset, field);
        for (int i = 0; i < Integer.BYTES; i++) {
            crc = CRC32C[crc & 0xFF] ^ crc >>> 8;
        }
        return ~crc(CRC32C, crc, frame, field + Integer.BYTES, toOffset);
    }

    /**
     * Continues a frame check sequence over more bytes.
     *
     * @param crc -1 at first; the sequence is the complement of the last result, little endian.
     */
    static int frameCheckSequence(
            final int crc, final MemorySegment memory, final long offset, final int lengthBytes) {
        return crc(CRC32, crc, memory, offset, lengthBytes);
    }

    private static int crc(
            final int[] table,
            final int start,
            final Frame frame,
            final int fromOffset,
            final int toOffset) {
        final int headerBytes = frame.headerBytes();
        int crc = start;
        if (fromOffset < headerBytes) {
            crc =
                    crc(
                            table,
                            crc,
                            frame.header(),
                            frame.headerOffset() + fromOffset,
                            Math.min(toOffset, headerBytes) - fromOffset);
        }
        int at = headerBytes;
        for (int piece = frame.firstPiece(); piece < frame.pieces(); piece++) {
            final int from = Math.max(fromOffset, at);
            final int to = Math.min(toOffset, at + frame.pieceLength(piece));
            if (from < to) {
                crc =
                        crc(
                                table,
                                crc,
                                frame.pieceMemory(piece),
                                frame.pieceOffset(piece) + from - at,
                                to - from);
            }
            at += frame.pieceLength(piece);
        }
        return crc;
    }

    private static int crc(
            final int[] table,
            final int start,
            final MemorySegment memory,
            final long offset,
            final int lengthBytes) {
        int crc = start;
        for (long at = offset; at < offset + lengthBytes; at++) {
            crc = table[(crc ^ memory.get(ValueLayout.JAVA_BYTE, at)) & 0xFF] ^ crc >>> 8;
        }
        return crc;
    }

    private static int[] table(final int reflectedPolynomial) {
        final int[] table = new int[256];
        for (int i = 0; i < table.length; i++) {
            int crc = i;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ reflectedPolynomial : crc >>> 1;
            }
            table[i] = crc;
        }
        return table;
    }
}
