package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.CounterType;
import dev.javf.packet.Counters;

/**
 * What queues of both directions count. Any thread may read them; they never go back. The queue's
 * thread alone writes.
 */
public abstract sealed class QueueCounters permits RxQueueCounters, TxQueueCounters {
    final Counter packets;
    final Counter bytes;
    final Counter bursts;
    final Counter[] burstSizes;

    private final Counters counters;
    private final int index;

    QueueCounters(
            final Counters counters,
            final int index,
            final CounterType packets,
            final CounterType bytes,
            final CounterType bursts,
            final CounterType burstSizes) {
        this.counters = counters;
        this.index = index;
        this.packets = of(packets);
        this.bytes = of(bytes);
        this.bursts = of(bursts);
        this.burstSizes = counters.buckets(burstSizes, index, BurstSizes.COUNT);
    }

    final Counter of(final CounterType type) {
        return counters.counter(type, index, Counters.NONE);
    }

    /** Counts a burst. */
    final void burst(final int size) {
        bursts.increment();
        burstSizes[BurstSizes.bucket(size)].increment();
    }

    /** Packets received; frames sent, each segment of a packet that is cut counted. */
    public final long packetCount() {
        return packets.value();
    }

    /** Bytes of them, without tags that the device handles and frame check sequences. */
    public final long byteCount() {
        return bytes.value();
    }

    /** Calls that received something, or gave the device something with one doorbell. */
    public final long burstCount() {
        return bursts.value();
    }

    /**
     * Such calls by the number of descriptors received or of packets sent, in buckets: 1, 2 to 3, 4
     * to 7 and so on, the last one for {@link BurstSizes#LARGE} and more.
     *
     * @param bucket 0 to {@link BurstSizes#COUNT} - 1.
     * @return how many calls.
     */
    public final long burstCount(final int bucket) {
        return burstSizes[bucket].value();
    }
}
