package dev.javf.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Does what a packet asks for with {@link PacketVector#offload}, for ports that can't: fills in
 * checksums here, cuts with {@link SegmentCutter}. A request may come from a virtual machine, so it
 * is checked. Static functions that allocate nothing.
 */
public final class SoftwareOffload {
    static final int IPV4_CHECKSUM_OFFSET = 10;
    static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int IPV4_BYTES_MIN = 20;
    private static final int IPV6_BYTES_MIN = 40;
    private static final int TCP_BYTES_MIN = 20;
    private static final int UDP_BYTES = 8;
    private static final int UDP_WITHOUT_CHECKSUM = 0xFFFF;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private SoftwareOffload() {}

    /**
     * Fills in the checksums that a packet asks for; also those of one that is to be cut into
     * segments but fits one. It asks for nothing any more.
     *
     * @param pool of the packet.
     * @param vector where it is.
     * @param i its place there.
     * @return false if it asks for what makes no sense or what isn't known here (SCTP); then it is
     *     to be dropped.
     */
    public static boolean checksum(final PacketPool pool, final PacketVector vector, final int i) {
        if (!isPossible(vector, i)) {
            return false;
        }
        final int request = vector.flags(i);
        final long network =
                pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i) + vector.linkBytes(i);
        final boolean isIpv4 =
                (vector.packetType(i) & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        if (isIpv4
                && (request & (PacketVector.FLAG_TX_IP_CHECKSUM | PacketVector.FLAG_TX_SEGMENT))
                        != 0) {
            ipv4(pool.memory(), network, vector.networkBytes(i));
        }
        if (isTransport(request)) {
            final int skip = vector.linkBytes(i) + vector.networkBytes(i);
            final boolean isUdp =
                    (vector.packetType(i) & PacketVector.TYPE_L4_MASK) == PacketVector.TYPE_UDP;
            transport(
                    pool,
                    vector,
                    i,
                    skip,
                    skip + (isUdp ? UDP_CHECKSUM_OFFSET : TCP_CHECKSUM_OFFSET),
                    isUdp);
        }
        vector.offloaded(i);
        return true;
    }

    /**
     * Fills in any checksum, as {@code csum_start} and {@code csum_offset} of virtio say it: the
     * sum of all bytes from one on, the field included.
     *
     * @param pool of the packet.
     * @param vector where it is.
     * @param i its place there.
     * @param startBytes from the packet's first byte to the first that counts.
     * @param fieldBytes from the packet's first byte to the field; both must be in its first
     *     buffer.
     */
    public static void checksum(
            final PacketPool pool,
            final PacketVector vector,
            final int i,
            final int startBytes,
            final int fieldBytes) {
        transport(pool, vector, i, startBytes, fieldBytes, false);
    }

    private static void transport(
            final PacketPool pool,
            final PacketVector vector,
            final int i,
            final int startBytes,
            final int fieldBytes,
            final boolean isUdp) {
        final int sum = ~InternetChecksum.addPacket(0, pool, vector, i, startBytes) & 0xFFFF;
        pool.memory()
                .set(
                        SHORT,
                        pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i) + fieldBytes,
                        (short) (isUdp && sum == 0 ? UDP_WITHOUT_CHECKSUM : sum));
    }

    /** Fills in an IPv4 header's checksum. */
    static void ipv4(final MemorySegment memory, final long header, final int headerBytes) {
        memory.set(SHORT, header + IPV4_CHECKSUM_OFFSET, (short) 0);
        final int sum = InternetChecksum.fold(InternetChecksum.add(0, memory, header, headerBytes));
        memory.set(SHORT, header + IPV4_CHECKSUM_OFFSET, (short) ~sum);
    }

    /** Whether the headers that a request names are in the packet's first buffer. */
    static boolean isPossible(final PacketVector vector, final int i) {
        final int type = vector.packetType(i);
        final int network = vector.networkBytes(i);
        final int least =
                switch (type & PacketVector.TYPE_IP_MASK) {
                    case PacketVector.TYPE_IPV4 -> IPV4_BYTES_MIN;
                    case PacketVector.TYPE_IPV6 -> IPV6_BYTES_MIN;
                    default -> Integer.MAX_VALUE;
                };
        if (network < least
                || vector.linkBytes(i) < Ethernet.HEADER_BYTES
                || (vector.flags(i) & PacketVector.FLAG_TX_TUNNEL) != 0) {
            return false;
        }
        final int transport = isTransport(vector.flags(i)) ? vector.transportBytes(i) : 0;
        return transport >= leastTransport(vector, i)
                && vector.linkBytes(i) + network + transport <= vector.lengthBytes(i);
    }

    private static int leastTransport(final PacketVector vector, final int i) {
        final int request = vector.flags(i);
        if (!isTransport(request)) {
            return 0;
        }
        return switch (vector.packetType(i) & PacketVector.TYPE_L4_MASK) {
            case PacketVector.TYPE_TCP -> TCP_BYTES_MIN;
            case PacketVector.TYPE_UDP ->
                    (request & PacketVector.FLAG_TX_SEGMENT) == 0 ? UDP_BYTES : Integer.MAX_VALUE;
            default -> Integer.MAX_VALUE;
        };
    }

    private static boolean isTransport(final int request) {
        return (request & (PacketVector.FLAG_TX_L4_CHECKSUM | PacketVector.FLAG_TX_SEGMENT)) != 0;
    }
}
