package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

/**
 * What a VF's queues have counted, since it was opened. Resets, stops, another number of queues and
 * other pollers leave it all in place: no counter ever goes back. Any thread may read, without a
 * lock, and disturbs nobody. Counters of one queue are exact each; together they are as consistent
 * as reading them one after the other is.
 */
public final class TrafficCounters {
    private volatile @Nullable QueueSet queues;

    TrafficCounters() {}

    /** There are queues. They stay readable when their memory is gone. */
    void queues(final QueueSet set) {
        queues = set;
    }

    /** Why a queue drops a frame. */
    public enum DropCause {
        /** Received damaged (RXE). */
        RX_ERROR,
        /** Received longer than the longest frame. */
        RX_OVERSIZE,
        /** Received in more buffers than a packet may be in. */
        RX_CHAIN,
        /** Received with a length that can't be true. */
        RX_LENGTH,
        /** Not sent: shorter than 17 bytes. */
        TX_SHORT,
        /** Not sent: longer than the longest frame. */
        TX_LONG,
        /** Not sent: wants a VLAN tag that the device doesn't insert. */
        TX_VLAN,
        /** Not sent: asks for a checksum or segmentation that can't be. */
        TX_OFFLOAD,
        /** Not sent: in more buffers than the device fetches. */
        TX_PIECES
    }

    /** Queue pairs that have ever been in use. */
    public int queueCount() {
        final QueueSet set = queues;
        return set == null ? 0 : set.made();
    }

    /**
     * Frames received.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @return since the VF was opened.
     */
    public long rxPackets(final int queue) {
        return required().rxOf(queue).counters().packetCount();
    }

    /**
     * Bytes received, without stripped tags and frame check sequences.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @return since the VF was opened.
     */
    public long rxBytes(final int queue) {
        return required().rxOf(queue).counters().byteCount();
    }

    /**
     * Frames given to the device.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @return since the VF was opened.
     */
    public long txPackets(final int queue) {
        return required().txOf(queue).counters().packetCount();
    }

    /**
     * Bytes given to the device, without inserted tags and frame check sequences.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @return since the VF was opened.
     */
    public long txBytes(final int queue) {
        return required().txOf(queue).counters().byteCount();
    }

    /**
     * Polls that found so many descriptors done.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @param bucket 0 to {@link BurstSizes#COUNT} - 1: 1, 2 to 3, 4 to 7 and so on.
     * @return since the VF was opened.
     */
    public long rxBursts(final int queue, final int bucket) {
        return required().rxOf(queue).counters().burstCount(bucket);
    }

    /**
     * Polls that found nothing.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @return since the VF was opened.
     */
    public long rxEmptyPolls(final int queue) {
        return required().rxOf(queue).counters().emptyPollCount();
    }

    /**
     * Bursts of so many packets given to the device.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @param bucket as for {@link #rxBursts}.
     * @return since the VF was opened.
     */
    public long txBursts(final int queue, final int bucket) {
        return required().txOf(queue).counters().burstCount(bucket);
    }

    /**
     * Frames dropped.
     *
     * @param queue 0 to {@link #queueCount} - 1.
     * @param cause why.
     * @return since the VF was opened.
     */
    public long drops(final int queue, final DropCause cause) {
        final RxQueue rx = required().rxOf(queue);
        final TxQueue tx = required().txOf(queue);
        return switch (cause) {
            case RX_ERROR -> rx.counters().errorDropCount();
            case RX_OVERSIZE -> rx.counters().oversizeDropCount();
            case RX_CHAIN -> rx.counters().chainDropCount();
            case RX_LENGTH -> rx.counters().lengthDropCount();
            case TX_SHORT -> tx.counters().shortDropCount();
            case TX_LONG -> tx.counters().longDropCount();
            case TX_VLAN -> tx.counters().vlanDropCount();
            case TX_OFFLOAD -> tx.counters().offloadDropCount();
            case TX_PIECES -> tx.counters().pieceDropCount();
        };
    }

    private QueueSet required() {
        final QueueSet set = queues;
        if (set == null) {
            throw new IndexOutOfBoundsException("the VF has no queues yet");
        }
        return set;
    }
}
