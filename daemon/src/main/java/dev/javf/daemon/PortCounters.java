package dev.javf.daemon;

import dev.javf.packet.Counter;

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
    /** All zero. */
    public PortCounters() {
        this(
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter(),
                new Counter());
    }
}
