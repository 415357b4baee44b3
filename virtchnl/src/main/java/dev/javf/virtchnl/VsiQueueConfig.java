package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * CONFIG_VSI_QUEUES, VF to PF (virtchnl.h, struct virtchnl_vsi_queue_config_info). With 64 spare
 * zero bytes after the last pair, which the PF's length check demands: 72 + 64 n bytes.
 *
 * @param vsiId 0..65535.
 * @param queuePairs 1..{@link #MAX_ELEMENTS}.
 */
public record VsiQueueConfig(int vsiId, List<QueuePair> queuePairs) implements Message {
    /** The most queue pairs that fit a message. */
    public static final int MAX_ELEMENTS = 62;

    private static final int HEADER_BYTES = 8;
    private static final int PAIR_BYTES = TxQueueInfo.LENGTH_BYTES + RxQueueInfo.LENGTH_BYTES;
    private static final int EMPTY_BYTES = HEADER_BYTES + PAIR_BYTES;

    /**
     * A Tx queue and the Rx queue of the same number.
     *
     * @param tx what transmits.
     * @param rx what receives.
     */
    public record QueuePair(TxQueueInfo tx, RxQueueInfo rx) {}

    /** Checks the ranges and copies the list. */
    public VsiQueueConfig {
        Wire.checkU16("VSI id", vsiId);
        queuePairs = List.copyOf(queuePairs);
        Wire.checkCount("VsiQueueConfig", queuePairs.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + PAIR_BYTES * queuePairs.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, queuePairs.size());
        long at = offset + HEADER_BYTES;
        for (final QueuePair pair : queuePairs) {
            pair.tx.encode(buffer, at);
            pair.rx.encode(buffer, at + TxQueueInfo.LENGTH_BYTES);
            at += PAIR_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of pairs in it.
     */
    public static VsiQueueConfig decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("VsiQueueConfig", lengthBytes, EMPTY_BYTES);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(
                "VsiQueueConfig", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, PAIR_BYTES);
        final List<QueuePair> pairs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) PAIR_BYTES * i;
            pairs.add(
                    new QueuePair(
                            TxQueueInfo.decode(buffer, at, TxQueueInfo.LENGTH_BYTES),
                            RxQueueInfo.decode(
                                    buffer,
                                    at + TxQueueInfo.LENGTH_BYTES,
                                    RxQueueInfo.LENGTH_BYTES)));
        }
        return new VsiQueueConfig(Wire.u16(buffer, offset), pairs);
    }
}
