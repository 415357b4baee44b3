package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.packet.MacAddress;

import java.util.concurrent.CompletableFuture;

/**
 * Two hosts, one behind each virtual function, with legs in VLANs. In subnet {@code n} the host of
 * side {@code s} (0 or 1) has the address 10.(n / 256).(n % 256).(s + 1)/24.
 */
interface Hosts extends AutoCloseable {
    /** What a host is, for the header. */
    String name(int side);

    /** Whether the kernel takes part, so that its log matters. */
    boolean isKernel();

    /**
     * Gives a host a leg in a VLAN.
     *
     * @param side 0 or 1.
     * @param vlan 1 to 4094; 0 for untagged.
     * @param subnet of its address.
     * @param mac the virtual function's address, which the leg shares.
     * @return the port to bind to the virtual function; whoever closes it takes the leg away.
     */
    PortBinding openLeg(int side, int vlan, int subnet, MacAddress mac);

    /**
     * Moves a leg to another network namespace and back, and sets it up again.
     *
     * @param side 0 or 1.
     * @param vlan where it has a leg.
     * @param subnet of its address.
     */
    void moveLeg(int side, int vlan, int subnet);

    /**
     * Sends one echo request from host 0 to host 1.
     *
     * @param vlan the leg that it leaves by.
     * @param subnet of the address that is asked for.
     * @return true when answered; false, or never completed, when not.
     */
    CompletableFuture<Boolean> ping(int vlan, int subnet);

    @Override
    void close();

    /** The IPv4 address of a leg, first octet in the high byte. */
    static int address(final int side, final int subnet) {
        return (10 << 24) | (subnet << 8) | (side + 1);
    }
}
