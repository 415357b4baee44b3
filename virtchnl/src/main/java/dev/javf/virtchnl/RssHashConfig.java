package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_RSS_HASHCFG, PF to VF, and SET_RSS_HASHCFG, VF to PF (virtchnl.h, struct
 * virtchnl_rss_hashcfg; 8 bytes).
 *
 * @param packetTypes bit t set: packets of type t are hashed.
 */
public record RssHashConfig(long packetTypes) implements Message {
    /** What an ice PF hashes at first: packet types 29..36, 39..46 and 63. */
    public static final long DEFAULT_PACKET_TYPES = 0x80007F9FE0000000L;

    private static final int LENGTH_BYTES = 8;

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put64(buffer, offset, packetTypes);
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length is wrong.
     */
    public static RssHashConfig decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("RssHashConfig", lengthBytes, LENGTH_BYTES);
        return new RssHashConfig(Wire.i64(buffer, offset));
    }
}
