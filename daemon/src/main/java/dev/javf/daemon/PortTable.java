package dev.javf.daemon;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSet;

import org.agrona.collections.Long2LongHashMap;

import java.util.Arrays;
import java.util.List;

/**
 * Which of a virtual function's ports have a VLAN. Made by the conductor in time proportional to
 * what the ports have together, thousands of them included; read by a poller.
 */
final class PortTable {
    private static final int[] NONE = {};
    private static final int ADDRESS_BITS = 48;

    private final int[][] portsOfVlan = new int[Ethernet.VLAN_COUNT][];
    private final List<PortBinding> bindings;
    private final Long2LongHashMap portOfStation = new Long2LongHashMap(-1);

    /**
     * Makes the table.
     *
     * @param bindings the ports.
     * @throws IllegalArgumentException when two of them share a VLAN and an address.
     */
    PortTable(final List<PortBinding> bindings) {
        this.bindings = bindings;
        Arrays.fill(portsOfVlan, NONE);
        for (int port = 0; port < bindings.size(); port++) {
            final PortBinding binding = bindings.get(port);
            add(port, binding.vlan());
            final VlanSet trunk = binding.trunk();
            for (int vlan = trunk.next(1); vlan != VlanSet.NONE; vlan = trunk.next(vlan + 1)) {
                add(port, vlan);
            }
        }
    }

    private void add(final int port, final int vlan) {
        final PortBinding binding = bindings.get(port);
        final long station = (long) vlan << ADDRESS_BITS | binding.mac().value();
        final long other = portOfStation.put(station, port);
        if (other >= 0) {
            throw new IllegalArgumentException(
                    "ports '"
                            + bindings.get((int) other).port().name()
                            + "' and '"
                            + binding.port().name()
                            + "' share VLAN "
                            + vlan
                            + " and MAC address "
                            + binding.mac()
                            + "; give one of them another address or VLAN");
        }
        final int[] ports = portsOfVlan[vlan];
        portsOfVlan[vlan] = Arrays.copyOf(ports, ports.length + 1);
        portsOfVlan[vlan][ports.length] = port;
    }

    /**
     * The ports of a VLAN.
     *
     * @param vlan 0 to 4095; 0 for untagged packets.
     * @return their places in the list, ascending; not to be changed.
     */
    int[] of(final int vlan) {
        return portsOfVlan[vlan];
    }
}
