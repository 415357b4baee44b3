package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;

/** What a transmit queue counts. */
public final class TxQueueCounters extends QueueCounters {
    final Counter full;
    final Counter shortDrops;
    final Counter longDrops;
    final Counter vlanDrops;
    final Counter offloadDrops;
    final Counter pieceDrops;
    final Counter outstandingLevel;

    TxQueueCounters(final Counters counters, final int index, final int ringLength) {
        super(
                counters,
                index,
                DriverCounterTypes.TX_PACKETS,
                DriverCounterTypes.TX_BYTES,
                DriverCounterTypes.TX_BURSTS,
                DriverCounterTypes.TX_BURST_SIZES);
        full = of(DriverCounterTypes.TX_FULL);
        shortDrops = of(DriverCounterTypes.TX_SHORT_DROPS);
        longDrops = of(DriverCounterTypes.TX_LONG_DROPS);
        vlanDrops = of(DriverCounterTypes.TX_VLAN_DROPS);
        offloadDrops = of(DriverCounterTypes.TX_OFFLOAD_DROPS);
        pieceDrops = of(DriverCounterTypes.TX_PIECE_DROPS);
        outstandingLevel = of(DriverCounterTypes.TX_OUTSTANDING);
        of(DriverCounterTypes.TX_RING).set(ringLength);
    }

    /** Calls of {@link TxQueue#transmit} that left packets because the ring was full. */
    public long fullCount() {
        return full.value();
    }

    /** Packets dropped because they were shorter than 17 bytes. */
    public long shortDropCount() {
        return shortDrops.value();
    }

    /** Packets dropped because they were longer than the longest frame. */
    public long longDropCount() {
        return longDrops.value();
    }

    /** Packets dropped because they wanted a VLAN tag that the device can't insert. */
    public long vlanDropCount() {
        return vlanDrops.value();
    }

    /** Packets dropped because they asked for a checksum or segmentation that can't be. */
    public long offloadDropCount() {
        return offloadDrops.value();
    }

    /** Packets dropped because they were in more buffers than the device fetches. */
    public long pieceDropCount() {
        return pieceDrops.value();
    }
}
