package dev.javf.iavf;

import dev.javf.packet.CounterType;

/** What the driver of a virtual function counts. The numbers are part of the counters file. */
public final class DriverCounterTypes {
    public static final CounterType RX_PACKETS = CounterType.count(101, "rx packets");
    public static final CounterType RX_BYTES = CounterType.count(102, "rx bytes");
    public static final CounterType RX_BURSTS = CounterType.count(103, "rx polls with packets");
    public static final CounterType RX_EMPTY_POLLS =
            CounterType.count(104, "rx polls without packets");
    public static final CounterType RX_BURST_SIZES = CounterType.count(105, "rx bursts by size");
    public static final CounterType RX_NO_BUFFERS =
            CounterType.count(106, "rx refills that the pool was too short for");
    public static final CounterType RX_ERROR_DROPS = CounterType.count(107, "rx drops: damaged");
    public static final CounterType RX_OVERSIZE_DROPS =
            CounterType.count(108, "rx drops: oversize");
    public static final CounterType RX_CHAIN_DROPS =
            CounterType.count(109, "rx drops: too many buffers");
    public static final CounterType RX_LENGTH_DROPS =
            CounterType.count(110, "rx drops: impossible length");
    public static final CounterType RX_POSTED =
            CounterType.level(111, "rx descriptors with a buffer");
    public static final CounterType RX_READY = CounterType.level(112, "rx descriptors ready");
    public static final CounterType RX_RING = CounterType.level(113, "rx ring length");

    public static final CounterType TX_PACKETS = CounterType.count(201, "tx packets");
    public static final CounterType TX_BYTES = CounterType.count(202, "tx bytes");
    public static final CounterType TX_BURSTS = CounterType.count(203, "tx bursts");
    public static final CounterType TX_BURST_SIZES = CounterType.count(204, "tx bursts by size");
    public static final CounterType TX_FULL =
            CounterType.count(205, "tx bursts that found no room");
    public static final CounterType TX_SHORT_DROPS = CounterType.count(206, "tx drops: too short");
    public static final CounterType TX_LONG_DROPS = CounterType.count(207, "tx drops: too long");
    public static final CounterType TX_VLAN_DROPS =
            CounterType.count(208, "tx drops: VLAN tag not insertable");
    public static final CounterType TX_OFFLOAD_DROPS =
            CounterType.count(209, "tx drops: offload impossible");
    public static final CounterType TX_PIECE_DROPS =
            CounterType.count(210, "tx drops: too many buffers");
    public static final CounterType TX_OUTSTANDING =
            CounterType.level(211, "tx descriptors outstanding");
    public static final CounterType TX_RING = CounterType.level(212, "tx ring length");

    /** {@link LifecycleState#code}. */
    public static final CounterType STATE = CounterType.level(301, "state");

    public static final CounterType LINK = CounterType.level(302, "link up");
    public static final CounterType LINK_MBPS = CounterType.level(303, "link Mbit/s");

    private DriverCounterTypes() {}

    /**
     * Resets of one kind.
     *
     * @param cause why.
     * @return of its counter.
     */
    public static CounterType of(final ResetCause cause) {
        return CounterType.count(cause.typeId(), "resets: " + cause.label());
    }

    /**
     * A counter of the driver.
     *
     * @param counter which.
     * @return of its counter.
     */
    public static CounterType of(final DriverCounter counter) {
        return CounterType.count(counter.typeId(), counter.label());
    }
}
