package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;

/** What a receive queue counts. */
public final class RxQueueCounters extends QueueCounters {
    final Counter emptyPolls;
    final Counter noBuffers;
    final Counter errorDrops;
    final Counter oversizeDrops;
    final Counter chainDrops;
    final Counter lengthDrops;
    final Counter readyLevel;
    final Counter postedLevel;

    RxQueueCounters(final Counters counters, final int index, final int ringLength) {
        super(
                counters,
                index,
                DriverCounterTypes.RX_PACKETS,
                DriverCounterTypes.RX_BYTES,
                DriverCounterTypes.RX_BURSTS,
                DriverCounterTypes.RX_BURST_SIZES);
        emptyPolls = of(DriverCounterTypes.RX_EMPTY_POLLS);
        noBuffers = of(DriverCounterTypes.RX_NO_BUFFERS);
        errorDrops = of(DriverCounterTypes.RX_ERROR_DROPS);
        oversizeDrops = of(DriverCounterTypes.RX_OVERSIZE_DROPS);
        chainDrops = of(DriverCounterTypes.RX_CHAIN_DROPS);
        lengthDrops = of(DriverCounterTypes.RX_LENGTH_DROPS);
        readyLevel = of(DriverCounterTypes.RX_READY);
        postedLevel = of(DriverCounterTypes.RX_POSTED);
        of(DriverCounterTypes.RX_RING).set(ringLength);
    }

    /** Calls of {@link RxQueue#receive} that found nothing. */
    public long emptyPollCount() {
        return emptyPolls.value();
    }

    /** Calls of {@link RxQueue#receive} that found the pool too short of buffers for the ring. */
    public long noBufferCount() {
        return noBuffers.value();
    }

    /** Packets dropped because the device reported them damaged (RXE). */
    public long errorDropCount() {
        return errorDrops.value();
    }

    /** Packets dropped because the device reported them too long (OVERSIZE). */
    public long oversizeDropCount() {
        return oversizeDrops.value();
    }

    /** Packets dropped because they took more than {@link RxQueue#PIECES_MAX} buffers. */
    public long chainDropCount() {
        return chainDrops.value();
    }

    /** Packets dropped because the length written back can't be true. */
    public long lengthDropCount() {
        return lengthDrops.value();
    }
}
