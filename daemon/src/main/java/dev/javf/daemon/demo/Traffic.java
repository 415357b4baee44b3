package dev.javf.daemon.demo;

import dev.javf.daemon.PortBinding;
import dev.javf.packet.MacAddress;

import java.util.List;

/**
 * Two hosts, one behind each virtual function, with a leg in every VLAN, and echo requests between
 * them. In VLAN {@code v} the host of side {@code s} (0 or 1) has the address 10.(v / 256).(v %
 * 256).(s + 1)/24.
 */
interface Traffic extends AutoCloseable {
    /** What the hosts are, for a line of the account. */
    String description();

    /**
     * Gives a host a leg in a VLAN.
     *
     * @param side 0 or 1.
     * @param vlan 1 to 4094.
     * @param mac the virtual function's address, which the leg shares.
     * @return the port to bind to the virtual function.
     */
    PortBinding openPort(int side, int vlan, MacAddress mac);

    /**
     * Sends echo requests from host 0 to host 1.
     *
     * @param vlan the leg that they leave by.
     * @param addressVlan the VLAN of the address that is asked for.
     * @param count how many.
     * @return round trips of those that were answered, in ns.
     * @throws InterruptedException when the demo is being ended.
     */
    List<Long> ping(int vlan, int addressVlan, int count) throws InterruptedException;

    @Override
    void close();

    /** The IPv4 address of a host's leg, first octet in the high byte. */
    static int address(final int side, final int vlan) {
        return (10 << 24) | (vlan << 8) | (side + 1);
    }

    /** An IPv4 address as people write it. */
    static String text(final int address) {
        return (address >>> 24)
                + "."
                + ((address >>> 16) & 0xFF)
                + "."
                + ((address >>> 8) & 0xFF)
                + "."
                + (address & 0xFF);
    }
}
