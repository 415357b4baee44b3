package dev.javf.daemon;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPort;

/**
 * A port and its place at a virtual function.
 *
 * @param port the port.
 * @param vlan the one VLAN whose packets it gets and sends, untagged; 0 for untagged packets of the
 *     VF.
 * @param mac the address behind the port; decides between several ports of one VLAN.
 * @param counters the port's counters.
 */
public record PortBinding(PacketPort port, int vlan, MacAddress mac, PortCounters counters) {
    public PortBinding {
        if (vlan < 0 || vlan >= Ethernet.VLAN_COUNT - 1) {
            throw new IllegalArgumentException(
                    "port '"
                            + port.name()
                            + "': VLAN "
                            + vlan
                            + "; use 1 to 4094, or 0 for untagged packets");
        }
        if (mac.isMulticast() || mac.isZero()) {
            throw new IllegalArgumentException(
                    "port '" + port.name() + "': MAC address " + mac + " is not a unicast one");
        }
    }
}
