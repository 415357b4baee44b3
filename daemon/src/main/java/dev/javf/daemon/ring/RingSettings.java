package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.daemon.control.Roles;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import java.util.Set;

/**
 * What a ring port is made with: who may connect where, and what the client may have.
 *
 * @param name of the port.
 * @param socket where clients connect.
 * @param mode of the socket's file, such as 0660.
 * @param clients whose role is {@code ADMINISTER} may connect.
 * @param mac the client's own address.
 * @param vlan an access port's VLAN, 1 to 4094; 0 for a trunk and for untagged packets.
 * @param trunk VLANs that the client may ask for, besides untagged packets; empty for an access
 *     port.
 * @param addresses that the client may ask for, besides its own.
 * @param maxFrameBytes longest packet, without VLAN tag.
 * @param isZeroCopy whether the client gets the buffers of the function, which is this port's
 *     alone, instead of copies.
 * @param queues pairs of rings, 1 to 16.
 * @param slots of each ring, a power of 2 from 64 to 8192.
 * @param quarantineNs how long nobody is let in after a client has lied.
 */
public record RingSettings(
        String name,
        UnixAddress socket,
        int mode,
        Roles clients,
        MacAddress mac,
        int vlan,
        VlanSet trunk,
        Set<MacAddress> addresses,
        int maxFrameBytes,
        boolean isZeroCopy,
        int queues,
        int slots,
        long quarantineNs) {
    private static final int VLAN_MAX = 4094;
    private static final int CAPTURE_SLOTS = 1024;

    public RingSettings {
        if (Integer.bitCount(slots) != 1
                || slots < RingLayout.SLOTS_MIN
                || slots > RingLayout.SLOTS_MAX) {
            throw new IllegalArgumentException(
                    "port '"
                            + name
                            + "': slots "
                            + slots
                            + "; must be a power of 2 from "
                            + RingLayout.SLOTS_MIN
                            + " to "
                            + RingLayout.SLOTS_MAX);
        }
        if (queues < 1 || queues > RingLayout.QUEUES_MAX) {
            throw new IllegalArgumentException(
                    "port '" + name + "': queues " + queues + "; 1 to " + RingLayout.QUEUES_MAX);
        }
        addresses = Set.copyOf(addresses);
    }

    /**
     * A port that only watches others: for one client, who gets the packets of all VLANs.
     *
     * @param name of the port.
     * @param socket where the client connects.
     * @param mode of the socket's file.
     * @param clients whose role is {@code ADMINISTER} may connect.
     * @param mac of the port that is watched.
     * @param maxFrameBytes longest packet.
     */
    public static RingSettings capture(
            final String name,
            final UnixAddress socket,
            final int mode,
            final Roles clients,
            final MacAddress mac,
            final int maxFrameBytes) {
        return new RingSettings(
                name,
                socket,
                mode,
                clients,
                mac,
                0,
                VlanSet.range(1, VLAN_MAX),
                Set.of(),
                maxFrameBytes,
                false,
                1,
                CAPTURE_SLOTS,
                0);
    }

    /** Whether the client's packets may have tags. */
    boolean isTrunk() {
        return !trunk.isEmpty();
    }
}
