package dev.javf.iavf;

/**
 * What queues are configured for. They have to be stopped to be given another shape.
 *
 * @param pairs how many Rx and Tx queues.
 * @param frameBytes longest frame, without frame check sequence and without the tag that travels in
 *     the descriptor.
 * @param flexible whether receive descriptors are of the flexible format.
 * @param tunnels whether checksums inside tunnels may be asked for.
 * @param timestamps whether receive descriptors, which then are flexible ones, have timestamps.
 */
public record QueueShape(
        int pairs, int frameBytes, boolean flexible, boolean tunnels, boolean timestamps) {
    /** No queues. */
    static final QueueShape NONE = new QueueShape(0, 0, false, false, false);

    /** Length of a frame check sequence and of the tag that travels in the descriptor. */
    private static final int OVERHEAD_BYTES = 4 + 4;

    /** The longest frame as the PF counts it. */
    int pfFrameBytes() {
        return frameBytes + OVERHEAD_BYTES;
    }

    /** The longest frame that fits what the PF takes; all of it when the PF doesn't say. */
    static int fitting(final int frameBytes, final int pfFrameBytes) {
        final int fits = pfFrameBytes - OVERHEAD_BYTES;
        // A PF whose limit leaves no room for any frame hasn't meant it.
        return fits < VirtualFunctionContext.FRAME_BYTES_MIN
                ? frameBytes
                : Math.min(frameBytes, fits);
    }
}
