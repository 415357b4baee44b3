package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/** CONFIG_RSS_LUT, VF to PF (virtchnl.h, struct virtchnl_rss_lut): 5 + n bytes. */
public final class RssLut extends RssBytes implements Message {
    /** The most bytes of a lookup table that fit a message. */
    public static final int MAX_ELEMENTS = RssBytes.MAX_ELEMENTS;

    /**
     * A lookup table.
     *
     * @param vsiId 0..65535.
     * @param table 1..{@link #MAX_ELEMENTS} bytes.
     */
    public RssLut(final int vsiId, final byte[] table) {
        super(vsiId, table);
    }

    /**
     * The lookup table.
     *
     * @return a copy.
     */
    public byte[] table() {
        return bytes();
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
        final byte[] table = read("RssLut", buffer, offset, lengthBytes);
        return new RssLut(Wire.u16(buffer, offset), table);
    }
}
