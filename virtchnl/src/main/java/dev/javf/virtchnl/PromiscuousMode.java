package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * CONFIG_PROMISCUOUS_MODE, VF to PF (virtchnl.h, struct virtchnl_promisc_info; 4 bytes).
 *
 * @param vsiId 0..65535.
 * @param flags {@link #UNICAST}, {@link #MULTICAST}, both or 0; 0..65535.
 */
public record PromiscuousMode(int vsiId, int flags) implements Message {
    /** Receive unicast for any address. */
    public static final int UNICAST = 1;

    /** Receive multicast for any address. */
    public static final int MULTICAST = 2;

    private static final int LENGTH_BYTES = 4;

    /** Checks the ranges. */
    public PromiscuousMode {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkU16("flags", flags);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, flags);
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
    public static PromiscuousMode decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("PromiscuousMode", lengthBytes, LENGTH_BYTES);
        return new PromiscuousMode(Wire.u16(buffer, offset), Wire.u16(buffer, offset + 2));
    }
}
