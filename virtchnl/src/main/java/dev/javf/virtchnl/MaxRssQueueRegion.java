package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_MAX_RSS_QREGION, PF to VF (virtchnl.h, struct virtchnl_max_rss_qregion; 8 bytes).
 *
 * @param vportId the VSI's id, 0..65535.
 * @param width log2 of the most queues that RSS can spread over; 0..65535.
 */
public record MaxRssQueueRegion(int vportId, int width) implements Message {
    private static final int LENGTH_BYTES = 8;

    /** Checks the ranges. */
    public MaxRssQueueRegion {
        Wire.checkU16("vport id", vportId);
        Wire.checkU16("width", width);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vportId);
        Wire.put16(buffer, offset + 2, width);
        Wire.put32(buffer, offset + 4, 0);
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
    public static MaxRssQueueRegion decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("MaxRssQueueRegion", lengthBytes, LENGTH_BYTES);
        return new MaxRssQueueRegion(Wire.u16(buffer, offset), Wire.u16(buffer, offset + 2));
    }
}
