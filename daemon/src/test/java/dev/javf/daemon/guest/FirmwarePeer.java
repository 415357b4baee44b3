package dev.javf.daemon.guest;

import dev.javf.daemon.demo.EchoHost;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.agrona.concurrent.SystemNanoClock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A host that firmware talks to: answers ARP requests and pings, and counts the DHCP discoveries
 * (RFC 2131) that it sees of one station, without an answer.
 */
final class FirmwarePeer implements PacketPort {
    private static final int TYPE_IPV4 = 0x0800;
    private static final int PROTOCOL_UDP = 17;
    private static final int DHCP_SERVER = 67;
    private static final int DHCP_MESSAGE_TYPE = 53;
    private static final int DHCP_DISCOVER = 1;
    private static final int IP_PROTOCOL = Ethernet.HEADER_BYTES + 9;
    private static final int UDP = Ethernet.HEADER_BYTES + 20;
    private static final int UDP_DESTINATION = UDP + 2;
    private static final int DHCP = UDP + 8;
    private static final int DHCP_STATION = DHCP + 28;
    private static final int DHCP_OPTIONS = DHCP + 240;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final EchoHost host;
    private final MacAddress station;
    private final PacketPool pool;
    private final AtomicInteger discoveries = new AtomicInteger();

    /**
     * A host.
     *
     * @param mac its Ethernet address.
     * @param address its IPv4 address, first octet in the high byte.
     * @param station whose discoveries count.
     * @param pool for its packets.
     */
    FirmwarePeer(
            final MacAddress mac,
            final int address,
            final MacAddress station,
            final PacketPool pool) {
        host = new EchoHost("peer", mac, address, pool, SystemNanoClock.INSTANCE);
        this.station = station;
        this.pool = pool;
    }

    /** DHCP discoveries so far. Any thread. */
    int discoveries() {
        return discoveries.get();
    }

    @Override
    public String name() {
        return host.name();
    }

    @Override
    public int receive(final PacketVector vector) {
        return host.receive(vector);
    }

    @Override
    public int transmit(final PacketVector vector) {
        for (int i = 0; i < vector.size(); i++) {
            final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
            if (isDiscovery(pool.memory().asSlice(start, vector.lengthBytes(i)))) {
                discoveries.incrementAndGet();
            }
        }
        return host.transmit(vector);
    }

    private boolean isDiscovery(final MemorySegment frame) {
        if (frame.byteSize() < DHCP_OPTIONS
                || frame.get(U16, Ethernet.TYPE_OFFSET) != TYPE_IPV4
                || frame.get(ValueLayout.JAVA_BYTE, IP_PROTOCOL) != PROTOCOL_UDP
                || frame.get(U16, UDP_DESTINATION) != DHCP_SERVER
                || !MacAddress.read(frame, DHCP_STATION).equals(station)) {
            return false;
        }
        long at = DHCP_OPTIONS;
        while (at + 2 < frame.byteSize()) {
            final int option = frame.get(ValueLayout.JAVA_BYTE, at);
            if (option == DHCP_MESSAGE_TYPE) {
                return frame.get(ValueLayout.JAVA_BYTE, at + 2) == DHCP_DISCOVER;
            }
            at += 2 + Byte.toUnsignedInt(frame.get(ValueLayout.JAVA_BYTE, at + 1));
        }
        return false;
    }

    @Override
    public void releaseBuffers() {
        host.releaseBuffers();
    }

    @Override
    public void close() {
        host.close();
    }
}
