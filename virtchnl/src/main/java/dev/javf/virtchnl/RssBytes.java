package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * What CONFIG_RSS_KEY and CONFIG_RSS_LUT have in common: VSI id, count, bytes, and 1 spare zero
 * byte after the last, which the PF's length check demands: 5 + n bytes. A record in all but its
 * array, which is copied in and out.
 */
abstract sealed class RssBytes permits RssKey, RssLut {
    static final int MAX_ELEMENTS = 4091;

    private static final int HEADER_BYTES = 4;
    private static final int EMPTY_BYTES = HEADER_BYTES + 1;

    private final int vsiId;
    private final byte[] bytes;

    RssBytes(final int vsiId, final byte[] bytes) {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkCount(getClass().getSimpleName(), bytes.length, MAX_ELEMENTS);
        this.vsiId = vsiId;
        this.bytes = bytes.clone();
    }

    /** The bytes of a message, which says how many they are. */
    static byte[] read(
            final String name,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes) {
        Wire.requireHeader(name, lengthBytes, EMPTY_BYTES + 1);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(name, count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, 1);
        final byte[] bytes = new byte[count];
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, bytes, 0, count);
        return bytes;
    }

    /**
     * The VSI.
     *
     * @return 0..65535.
     */
    public int vsiId() {
        return vsiId;
    }

    final byte[] bytes() {
        return bytes.clone();
    }

    /**
     * The message's length.
     *
     * @return 5 + the number of bytes in it.
     */
    public int lengthBytes() {
        return EMPTY_BYTES + bytes.length;
    }

    /**
     * Writes it.
     *
     * @param buffer for {@link #lengthBytes} bytes.
     * @param offset of the first.
     */
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, bytes.length);
        MemorySegment.copy(
                bytes, 0, buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, bytes.length);
        Wire.put8(buffer, offset + HEADER_BYTES + bytes.length, 0);
    }

    @Override
    public final boolean equals(final Object other) {
        return other instanceof final RssBytes that
                && getClass() == that.getClass()
                && vsiId == that.vsiId
                && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public final int hashCode() {
        return 31 * vsiId + Arrays.hashCode(bytes);
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[vsiId=" + vsiId + ", " + bytes.length + " bytes]";
    }
}
