package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_SUPPORTED_RXDIDS, PF to VF (virtchnl.h, struct virtchnl_supported_rxdids; 8 bytes).
 *
 * @param bitmap bit i set: the Rx descriptor format i can be chosen.
 */
public record RxDescriptorIds(long bitmap) implements Message {
    private static final int LENGTH_BYTES = 8;

    /**
     * Whether a format can be chosen.
     *
     * @param descriptorId the format; nothing outside 0..63 can.
     * @return true if its bit is set.
     */
    public boolean has(final int descriptorId) {
        return descriptorId >= 0 && descriptorId < Long.SIZE && (bitmap >>> descriptorId & 1) != 0;
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put64(buffer, offset, bitmap);
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
    public static RxDescriptorIds decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("RxDescriptorIds", lengthBytes, LENGTH_BYTES);
        return new RxDescriptorIds(Wire.i64(buffer, offset));
    }
}
