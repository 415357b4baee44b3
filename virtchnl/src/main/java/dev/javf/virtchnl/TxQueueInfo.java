package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * A Tx queue (virtchnl.h, struct virtchnl_txq_info; 24 bytes): CONFIG_TX_QUEUE, and half of each
 * pair of CONFIG_VSI_QUEUES.
 *
 * @param vsiId 0..65535.
 * @param queueId 0..65535.
 * @param ringLength descriptors, 0..65535; with 0 an ice PF skips this side.
 * @param headWriteBack 0..65535; deprecated, 0.
 * @param ringAddress of the descriptors, as the device sees them.
 * @param headWriteBackAddress deprecated, 0.
 */
public record TxQueueInfo(
        int vsiId,
        int queueId,
        int ringLength,
        int headWriteBack,
        long ringAddress,
        long headWriteBackAddress)
        implements Message {
    static final int LENGTH_BYTES = 24;

    /** Checks the ranges. */
    public TxQueueInfo {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkU16("queue id", queueId);
        Wire.checkU16("ring length", ringLength);
        Wire.checkU16("head write-back", headWriteBack);
    }

    /**
     * A queue without head write-back.
     *
     * @param vsiId 0..65535.
     * @param queueId 0..65535.
     * @param ringLength descriptors, 0..65535.
     * @param ringAddress of the descriptors, as the device sees them.
     */
    public TxQueueInfo(
            final int vsiId, final int queueId, final int ringLength, final long ringAddress) {
        this(vsiId, queueId, ringLength, 0, ringAddress, 0);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, queueId);
        Wire.put16(buffer, offset + 4, ringLength);
        Wire.put16(buffer, offset + 6, headWriteBack);
        Wire.put64(buffer, offset + 8, ringAddress);
        Wire.put64(buffer, offset + 16, headWriteBackAddress);
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
    public static TxQueueInfo decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("TxQueueInfo", lengthBytes, LENGTH_BYTES);
        return new TxQueueInfo(
                Wire.u16(buffer, offset),
                Wire.u16(buffer, offset + 2),
                Wire.u16(buffer, offset + 4),
                Wire.u16(buffer, offset + 6),
                Wire.i64(buffer, offset + 8),
                Wire.i64(buffer, offset + 16));
    }
}
