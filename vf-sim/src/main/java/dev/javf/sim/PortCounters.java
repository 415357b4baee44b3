package dev.javf.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What a switch port has counted, from the device's point of view: "received" is what went to the
 * driver. Frames are counted without frame check sequence, with the VLAN tags they have in the
 * switch. The names are those of virtchnl.h, struct virtchnl_eth_stats. The switch's thread counts;
 * any thread may read.
 */
public final class PortCounters {
    private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final DropCause[] CAUSES = DropCause.values();

    private static final int RX_BYTES = 0;

    /** Unicast frames; multicast and broadcast ones follow, as in {@link Frame#castKind}. */
    private static final int RX_FRAMES = 1;

    private static final int RX_DISCARDS = 4;
    private static final int TX_BYTES = 5;
    private static final int TX_FRAMES = 6;
    private static final int TX_DISCARDS = 9;
    private static final int TX_ERRORS = 10;
    private static final int DROPS = 11;

    private final long[] counts = new long[DROPS + CAUSES.length];

    PortCounters() {}

    void received(final int castKind, final int lengthBytes) {
        add(RX_BYTES, lengthBytes);
        add(RX_FRAMES + castKind, 1);
    }

    void sent(final int castKind, final int lengthBytes) {
        add(TX_BYTES, lengthBytes);
        add(TX_FRAMES + castKind, 1);
    }

    void dropped(final DropCause cause) {
        add(index(cause), 1);
        switch (cause.counter()) {
            case RX_DISCARDS -> add(RX_DISCARDS, 1);
            case TX_DISCARDS -> add(TX_DISCARDS, 1);
            case TX_ERRORS -> add(TX_ERRORS, 1);
            case NONE -> {}
        }
    }

    /** Sets all counters to 0, as a reset of the VF does. For the switch's thread. */
    public void reset() {
        for (int i = 0; i < counts.length; i++) {
            COUNTS.setOpaque(counts, i, 0L);
        }
    }

    /** Bytes received. */
    public long rxBytes() {
        return get(RX_BYTES);
    }

    /** Unicast frames received. */
    public long rxUnicast() {
        return get(RX_FRAMES + Frame.UNICAST);
    }

    /** Multicast frames received. */
    public long rxMulticast() {
        return get(RX_FRAMES + Frame.MULTICAST);
    }

    /** Broadcast frames received. */
    public long rxBroadcast() {
        return get(RX_FRAMES + Frame.BROADCAST);
    }

    /** Frames for the driver that it had no room for, or could not take. */
    public long rxDiscards() {
        return get(RX_DISCARDS);
    }

    /** Frames of an unknown protocol: always 0, the model hands all of them to the driver. */
    public long rxUnknownProtocol() {
        return 0;
    }

    /** Bytes sent. */
    public long txBytes() {
        return get(TX_BYTES);
    }

    /** Unicast frames sent. */
    public long txUnicast() {
        return get(TX_FRAMES + Frame.UNICAST);
    }

    /** Multicast frames sent. */
    public long txMulticast() {
        return get(TX_FRAMES + Frame.MULTICAST);
    }

    /** Broadcast frames sent. */
    public long txBroadcast() {
        return get(TX_FRAMES + Frame.BROADCAST);
    }

    /** Frames not sent because the link is down. */
    public long txDiscards() {
        return get(TX_DISCARDS);
    }

    /** Frames not sent because of their descriptors, or by anti-spoof. */
    public long txErrors() {
        return get(TX_ERRORS);
    }

    /**
     * Frames dropped for one cause.
     *
     * @param cause which.
     * @return their number.
     */
    public long drops(final DropCause cause) {
        return get(index(cause));
    }

    /** Malicious driver detection events: the drops for all malformed descriptors. */
    public long malformed() {
        long sum = 0;
        for (final DropCause cause : CAUSES) {
            if (cause.isMalformed()) {
                sum += drops(cause);
            }
        }
        return sum;
    }

    @SuppressWarnings("EnumOrdinal") // the array is made from the enumeration and goes nowhere
    private static int index(final DropCause cause) {
        return DROPS + cause.ordinal();
    }

    private void add(final int index, final long count) {
        COUNTS.setOpaque(counts, index, counts[index] + count);
    }

    private long get(final int index) {
        return (long) COUNTS.getOpaque(counts, index);
    }
}
