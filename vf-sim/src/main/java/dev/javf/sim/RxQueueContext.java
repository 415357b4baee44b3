package dev.javf.sim;

/**
 * An Rx queue as its driver describes it in CONFIG_VSI_QUEUES (virtchnl.h, struct
 * virtchnl_rxq_info).
 *
 * @param ringIova I/O virtual address of the first descriptor.
 * @param ringLength descriptors of 32 bytes, 1 to 8191.
 * @param bufferBytes length of each packet buffer, at least 128, in which the hardware counts.
 * @param maxPacketBytes longest packet, at least 1; longer ones are dropped.
 * @param descriptorId format of the write-back: {@link #LEGACY}, or {@link #FLEX} for all others.
 * @param keepCrc whether the frame check sequence is written to memory.
 * @param timestamps whether flexible write-backs have timestamps.
 */
public record RxQueueContext(
        long ringIova,
        int ringLength,
        int bufferBytes,
        int maxPacketBytes,
        int descriptorId,
        boolean keepCrc,
        boolean timestamps) {
    /** The legacy 32-byte write-back (RXDID 1). */
    public static final int LEGACY = 1;

    /** The flexible write-back with the NIC profile (RXDID 2). */
    public static final int FLEX = 2;

    private static final int MIN_BUFFER_BYTES = 128;

    /** Checks what the hardware can express. */
    public RxQueueContext {
        if (ringLength < 1
                || ringLength > VfQueues.MAX_RING_LENGTH
                || bufferBytes < MIN_BUFFER_BYTES
                || maxPacketBytes < 1) {
            throw new IllegalArgumentException(
                    "Rx ring of "
                            + ringLength
                            + " descriptors with buffers of "
                            + bufferBytes
                            + " bytes and packets up to "
                            + maxPacketBytes
                            + "; it has 1 to "
                            + VfQueues.MAX_RING_LENGTH
                            + " descriptors, buffers of at least "
                            + MIN_BUFFER_BYTES
                            + " bytes, and packets of at least 1");
        }
    }

    /**
     * A queue without timestamps.
     *
     * @param ringIova as above, like all that follow.
     * @param ringLength likewise.
     * @param bufferBytes likewise.
     * @param maxPacketBytes likewise.
     * @param descriptorId likewise.
     * @param keepCrc likewise.
     */
    public RxQueueContext(
            final long ringIova,
            final int ringLength,
            final int bufferBytes,
            final int maxPacketBytes,
            final int descriptorId,
            final boolean keepCrc) {
        this(ringIova, ringLength, bufferBytes, maxPacketBytes, descriptorId, keepCrc, false);
    }

    boolean isLegacy() {
        return descriptorId == LEGACY;
    }
}
