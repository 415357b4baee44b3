package dev.javf.sim;

/**
 * A Tx queue as its driver describes it in CONFIG_VSI_QUEUES (virtchnl.h, struct
 * virtchnl_txq_info).
 *
 * @param ringIova I/O virtual address of the first descriptor.
 * @param ringLength descriptors of 16 bytes, 1 to 8191.
 */
public record TxQueueContext(long ringIova, int ringLength) {
    /** Checks what the tail register can express. */
    public TxQueueContext {
        if (ringLength < 1 || ringLength > VfQueues.MAX_RING_LENGTH) {
            throw new IllegalArgumentException(
                    "Tx ring of "
                            + ringLength
                            + " descriptors; it has 1 to "
                            + VfQueues.MAX_RING_LENGTH);
        }
    }
}
