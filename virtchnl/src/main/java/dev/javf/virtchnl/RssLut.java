package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * CONFIG_RSS_LUT, VF to PF (virtchnl.h, struct virtchnl_rss_lut). With 1 spare zero byte after the
 * last, which the PF's length check demands: 5 + n bytes. A record in all but its array, which is
 * copied in and out.
 */
public final class RssLut implements Message {
    /** The most bytes of a lookup table that fit a message. */
    public static final int MAX_ELEMENTS = 4091;

    private static final int HEADER_BYTES = 4;
    private static final int EMPTY_BYTES = HEADER_BYTES + 1;

    private final int vsiId;
    private final byte[] table;

    /**
     * A lookup table.
     *
     * @param vsiId 0..65535.
     * @param table 1..{@link #MAX_ELEMENTS} bytes.
     */
    public RssLut(final int vsiId, final byte[] table) {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkCount("RssLut", table.length, MAX_ELEMENTS);
        this.vsiId = vsiId;
        this.table = table.clone();
    }

    /**
     * The VSI.
     *
     * @return 0..65535.
     */
    public int vsiId() {
        return vsiId;
    }

    /**
     * The lookup table.
     *
     * @return a copy.
     */
    public byte[] table() {
        return table.clone();
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + table.length;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, table.length);
        MemorySegment.copy(
                table, 0, buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, table.length);
        Wire.put8(buffer, offset + HEADER_BYTES + table.length, 0);
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of bytes in it.
     */
    public static RssLut decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("RssLut", lengthBytes, EMPTY_BYTES + 1);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements("RssLut", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, 1);
        final byte[] table = new byte[count];
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, table, 0, count);
        return new RssLut(Wire.u16(buffer, offset), table);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final RssLut that
                && vsiId == that.vsiId
                && Arrays.equals(table, that.table);
    }

    @Override
    public int hashCode() {
        return 31 * vsiId + Arrays.hashCode(table);
    }

    @Override
    public String toString() {
        return "RssLut[vsiId=" + vsiId + ", table=" + table.length + " bytes]";
    }
}
