package dev.javf.client;

import java.lang.foreign.MemorySegment;

/** Takes packets that a port has received. */
@FunctionalInterface
public interface PacketHandler {
    /**
     * A packet has come. Its bytes may be changed, and are the daemon's again when the poll that
     * called this is over.
     *
     * @param memory that holds the packet; the port's {@link JavfPort#memory}.
     * @param offset of the packet's first byte, the destination address.
     * @param lengthBytes of the packet, without VLAN tag and frame check sequence.
     * @param vlan tag control information of a packet with {@code PacketVector.FLAG_VLAN}; else 0.
     * @param flags {@code PacketVector.FLAG_...} bits.
     */
    void onPacket(MemorySegment memory, long offset, int lengthBytes, int vlan, int flags);
}
