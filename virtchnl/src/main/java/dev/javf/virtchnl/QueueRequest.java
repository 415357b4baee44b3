package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * REQUEST_QUEUES, both ways (virtchnl.h, struct virtchnl_vf_res_request; 2 bytes). If the PF grants
 * the request it resets the VF instead of answering; the answer is how many it could give.
 *
 * @param queuePairs 0..65535.
 */
public record QueueRequest(int queuePairs) implements Message {
    private static final int LENGTH_BYTES = 2;

    /** Checks the ranges. */
    public QueueRequest {
        Wire.checkU16("queue pairs", queuePairs);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, queuePairs);
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
    public static QueueRequest decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("QueueRequest", lengthBytes, LENGTH_BYTES);
        return new QueueRequest(Wire.u16(buffer, offset));
    }
}
