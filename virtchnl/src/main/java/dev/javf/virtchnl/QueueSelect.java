package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * ENABLE_QUEUES, DISABLE_QUEUES and GET_STATS, VF to PF (virtchnl.h, struct virtchnl_queue_select;
 * 12 bytes).
 *
 * @param vsiId 0..65535.
 * @param rxQueues bit q set: Rx queue q; an ice PF takes the low 16 bits only.
 * @param txQueues bit q set: Tx queue q; an ice PF takes the low 16 bits only.
 */
public record QueueSelect(int vsiId, int rxQueues, int txQueues) implements Message {
    private static final int LENGTH_BYTES = 12;

    /** Checks the ranges. */
    public QueueSelect {
        Wire.checkU16("VSI id", vsiId);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, 0);
        Wire.put32(buffer, offset + 4, rxQueues);
        Wire.put32(buffer, offset + 8, txQueues);
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
    public static QueueSelect decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("QueueSelect", lengthBytes, LENGTH_BYTES);
        return new QueueSelect(
                Wire.u16(buffer, offset),
                Wire.i32(buffer, offset + 4),
                Wire.i32(buffer, offset + 8));
    }
}
