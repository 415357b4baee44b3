package dev.javf.daemon;

import dev.javf.packet.AddressFilter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPort;
import dev.javf.virtchnl.VlanSet;

/**
 * A port and its place at a virtual function: an access port, whose packets are untagged and have
 * one VLAN at the VF, or a trunk, whose packets have tags, and untagged ones VLAN 0.
 *
 * @param port the port.
 * @param vlan an access port's VLAN; 0 for untagged packets of the VF, and for a trunk.
 * @param trunk the VLANs of a trunk; empty for an access port.
 * @param mac the address behind the port as it starts; two ports of one VLAN must differ in it.
 * @param addresses the addresses behind the port, which decide between several ports of one VLAN.
 * @param isTrusted whether packets may come from addresses that aren't behind the port.
 * @param counters the port's counters.
 * @param poller the number of the poller that it belongs to, whose pool it was made with.
 */
public record PortBinding(
        PacketPort port,
        int vlan,
        VlanSet trunk,
        MacAddress mac,
        AddressFilter addresses,
        boolean isTrusted,
        PortCounters counters,
        int poller) {
    public PortBinding {
        if (vlan < 0 || vlan >= Ethernet.VLAN_COUNT - 1) {
            throw new IllegalArgumentException(
                    "port '"
                            + port.name()
                            + "': VLAN "
                            + vlan
                            + "; use 1 to 4094, or 0 for untagged packets");
        }
        if (vlan != 0 && !trunk.isEmpty()) {
            throw new IllegalArgumentException(
                    "port '"
                            + port.name()
                            + "': VLAN "
                            + vlan
                            + " and the trunk "
                            + trunk
                            + "; a port is one or the other");
        }
        if (mac.isMulticast() || mac.isZero()) {
            throw new IllegalArgumentException(
                    "port '" + port.name() + "': MAC address " + mac + " is not a unicast one");
        }
    }

    /**
     * A port of the first poller.
     *
     * @param port the port.
     * @param vlan its VLAN, or 0.
     * @param trunk its VLANs, or none.
     * @param mac the address behind it.
     * @param addresses the addresses behind it.
     * @param isTrusted whether it may send from others.
     * @param counters the port's counters.
     */
    public PortBinding(
            final PacketPort port,
            final int vlan,
            final VlanSet trunk,
            final MacAddress mac,
            final AddressFilter addresses,
            final boolean isTrusted,
            final PortCounters counters) {
        this(port, vlan, trunk, mac, addresses, isTrusted, counters, 0);
    }

    /**
     * The same port at another poller, with whose pool it was made.
     *
     * @param number of the poller.
     * @return the binding.
     */
    public PortBinding atPoller(final int number) {
        return new PortBinding(port, vlan, trunk, mac, addresses, isTrusted, counters, number);
    }

    /**
     * The same place for another port.
     *
     * @param other which, such as one around this port.
     * @return the binding.
     */
    public PortBinding by(final PacketPort other) {
        return new PortBinding(other, vlan, trunk, mac, addresses, isTrusted, counters, poller);
    }

    /** The port as other pollers see it. */
    PortBinding seenFromAfar(final PacketPort remote, final PortCounters remoteCounters) {
        return new PortBinding(
                remote, vlan, trunk, mac, addresses, isTrusted, remoteCounters, poller);
    }

    /**
     * An access port with one station behind it.
     *
     * @param port the port.
     * @param vlan its VLAN; 0 for untagged packets of the VF.
     * @param mac the station's address.
     * @param counters the port's counters.
     */
    public PortBinding(
            final PacketPort port,
            final int vlan,
            final MacAddress mac,
            final PortCounters counters) {
        this(port, vlan, VlanSet.EMPTY, mac, AddressFilter.of(mac), true, counters);
    }

    /** Whether its packets have tags. */
    public boolean isTrunk() {
        return !trunk.isEmpty();
    }
}
