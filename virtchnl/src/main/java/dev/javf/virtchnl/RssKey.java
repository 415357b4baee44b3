package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/** CONFIG_RSS_KEY, VF to PF (virtchnl.h, struct virtchnl_rss_key): 5 + n bytes. */
public final class RssKey extends RssBytes implements Message {
    /** The most bytes of a RSS key that fit a message. */
    public static final int MAX_ELEMENTS = RssBytes.MAX_ELEMENTS;

    /**
     * A RSS key.
     *
     * @param vsiId 0..65535.
     * @param key 1..{@link #MAX_ELEMENTS} bytes.
     */
    public RssKey(final int vsiId, final byte[] key) {
        super(vsiId, key);
    }

    /**
     * The RSS key.
     *
     * @return a copy.
     */
    public byte[] key() {
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
    public static RssKey decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        final byte[] key = read("RssKey", buffer, offset, lengthBytes);
        return new RssKey(Wire.u16(buffer, offset), key);
    }
}
