package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * CONFIG_RSS_KEY, VF to PF (virtchnl.h, struct virtchnl_rss_key). With 1 spare zero byte after the
 * last, which the PF's length check demands: 5 + n bytes. A record in all but its array, which is
 * copied in and out.
 */
public final class RssKey implements Message {
    /** The most bytes of a RSS key that fit a message. */
    public static final int MAX_ELEMENTS = 4091;

    private static final int HEADER_BYTES = 4;
    private static final int EMPTY_BYTES = HEADER_BYTES + 1;

    private final int vsiId;
    private final byte[] key;

    /**
     * A RSS key.
     *
     * @param vsiId 0..65535.
     * @param key 1..{@link #MAX_ELEMENTS} bytes.
     */
    public RssKey(final int vsiId, final byte[] key) {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkCount("RssKey", key.length, MAX_ELEMENTS);
        this.vsiId = vsiId;
        this.key = key.clone();
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
     * The RSS key.
     *
     * @return a copy.
     */
    public byte[] key() {
        return key.clone();
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + key.length;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, key.length);
        MemorySegment.copy(
                key, 0, buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, key.length);
        Wire.put8(buffer, offset + HEADER_BYTES + key.length, 0);
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
    public static RssKey decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("RssKey", lengthBytes, EMPTY_BYTES + 1);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements("RssKey", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, 1);
        final byte[] key = new byte[count];
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, offset + HEADER_BYTES, key, 0, count);
        return new RssKey(Wire.u16(buffer, offset), key);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final RssKey that
                && vsiId == that.vsiId
                && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return 31 * vsiId + Arrays.hashCode(key);
    }

    @Override
    public String toString() {
        return "RssKey[vsiId=" + vsiId + ", key=" + key.length + " bytes]";
    }
}
