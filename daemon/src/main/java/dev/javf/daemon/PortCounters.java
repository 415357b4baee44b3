package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;

/**
 * What a port has carried and dropped, as its poller counts it.
 *
 * @param rxPackets packets taken from the port.
 * @param rxBytes bytes of these packets.
 * @param rxTooLong frames dropped because they don't fit a packet buffer.
 * @param rxTooShort frames dropped because they are shorter than an Ethernet header.
 * @param rxTagged frames dropped because they came into an access port with a VLAN tag of their
 *     own, or into a trunk in a VLAN that it hasn't.
 * @param rxSpoofed frames dropped because they came from an address that isn't behind the port.
 * @param rxErrors failures to read from the port, as after its TAP device was deleted.
 * @param txPackets packets given to the port.
 * @param txBytes bytes of these packets.
 * @param txErrors packets dropped because what is behind the port refused them: a TAP device that
 *     is down, for one.
 * @param txFull packets dropped because what is behind the port did not read fast enough.
 */
public record PortCounters(
        Counter rxPackets,
        Counter rxBytes,
        Counter rxTooLong,
        Counter rxTooShort,
        Counter rxTagged,
        Counter rxSpoofed,
        Counter rxErrors,
        Counter txPackets,
        Counter txBytes,
        Counter txErrors,
        Counter txFull) {
    /** As a poller sees the port that isn't its own: it can only find it full. */
    static PortCounters seenFrom(final Counters places, final int poller) {
        return new PortCounters((type, index, item) ->
                type.equals(DaemonCounterTypes.PORT_TX_FULL)
                        ? places.counter(type, poller, item)
                        : new Counter());
    }

    /** In the process's own memory, all zero. */
    public PortCounters() {
        this(Counters.PRIVATE);
    }

    /**
     * Counters in given places.
     *
     * @param places of the port.
     */
    public PortCounters(final Counters places) {
        this(
                places.counter(DaemonCounterTypes.PORT_RX_PACKETS),
                places.counter(DaemonCounterTypes.PORT_RX_BYTES),
                places.counter(DaemonCounterTypes.PORT_RX_TOO_LONG),
                places.counter(DaemonCounterTypes.PORT_RX_TOO_SHORT),
                places.counter(DaemonCounterTypes.PORT_RX_TAGGED),
                places.counter(DaemonCounterTypes.PORT_RX_SPOOFED),
                places.counter(DaemonCounterTypes.PORT_RX_ERRORS),
                places.counter(DaemonCounterTypes.PORT_TX_PACKETS),
                places.counter(DaemonCounterTypes.PORT_TX_BYTES),
                places.counter(DaemonCounterTypes.PORT_TX_ERRORS),
                places.counter(DaemonCounterTypes.PORT_TX_FULL));
    }
}
