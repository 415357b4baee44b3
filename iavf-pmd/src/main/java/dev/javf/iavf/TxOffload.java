package dev.javf.iavf;

import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a packet asks to be done to it on its way out ({@link PacketVector#offload}), as the bits of
 * its descriptors; and what the headers must be like for it. A request may come from a virtual
 * machine, so nothing of it is believed: what the device can't do is {@link #REFUSED}, for a device
 * that is asked for it takes the VF for malicious. Static functions that allocate nothing.
 *
 * <p>Sources: E810 datasheet, "LAN transmit descriptors"; Linux iavf driver, iavf_txrx.c.
 */
final class TxOffload {
    /** No descriptor has these bits. */
    static final long REFUSED = -1;

    /** Buffers of a frame or of a segment that the device fetches, headers included. */
    static final int PIECES_MAX = 8;

    /** Payload of a segment that the device cuts, in bytes. */
    static final int SEGMENT_BYTES_MIN = 64;

    private static final int SEGMENT_BYTES_MAX = 9668;
    private static final int PAYLOAD_BYTES_MAX = 0x3FFFF;
    private static final int LINK_BYTES_MIN = 14;
    private static final int LINK_BYTES_MAX = 126;
    private static final int IPV4_BYTES_MIN = 20;
    private static final int IPV4_BYTES_MAX = 60;
    private static final int IPV6_BYTES_MIN = 40;
    private static final int NETWORK_BYTES_MAX = 508;
    private static final int TCP_BYTES_MIN = 20;
    private static final int TCP_BYTES_MAX = 60;
    private static final int UDP_BYTES = 8;
    private static final int SCTP_BYTES = 12;

    private static final int OUTER_NETWORK_BYTES_MAX = 252;
    private static final int TUNNEL_BYTES_MAX = 254;
    private static final int GRE_BYTES_MIN = 4;
    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int IPV4_LENGTH_OFFSET = 2;
    private static final int IPV4_CHECKSUM_OFFSET = 10;
    private static final int IPV6_LENGTH_OFFSET = 4;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int SCTP_CHECKSUM_OFFSET = 8;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private TxOffload() {}

    /**
     * CMD and OFFSET of a packet's data descriptors.
     *
     * @return {@link #REFUSED} if it asks for something that the device can't do.
     */
    static long command(final PacketVector vector, final int i) {
        final int request = vector.flags(i);
        if ((request & PacketVector.FLAGS_TX_OFFLOAD) == 0) {
            return 0;
        }
        final int type = vector.packetType(i);
        final int link = vector.linkBytes(i);
        final int network = vector.networkBytes(i);
        final boolean isIpv4 = (type & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        final boolean isIpv6 = (type & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV6;
        if (link < LINK_BYTES_MIN || link > LINK_BYTES_MAX || (link & 1) != 0) {
            return REFUSED;
        }
        if ((network & 3) != 0
                || !((isIpv4 && network >= IPV4_BYTES_MIN && network <= IPV4_BYTES_MAX)
                        || (isIpv6 && network >= IPV6_BYTES_MIN && network <= NETWORK_BYTES_MAX))) {
            return REFUSED;
        }
        final boolean isSegmented = (request & PacketVector.FLAG_TX_SEGMENT) != 0;
        final boolean withNetwork =
                isIpv4 && (isSegmented || (request & PacketVector.FLAG_TX_IP_CHECKSUM) != 0);
        long bits =
                (long) (link / 2) << TxDescriptor.MACLEN_SHIFT
                        | (long) (network / 4) << TxDescriptor.IPLEN_SHIFT;
        bits |=
                withNetwork
                        ? TxDescriptor.IIPT_IPV4_CHECKSUM
                        : isIpv4 ? TxDescriptor.IIPT_IPV4 : TxDescriptor.IIPT_IPV6;
        int transport = 0;
        if (isSegmented || (request & PacketVector.FLAG_TX_L4_CHECKSUM) != 0) {
            transport = vector.transportBytes(i);
            final long kind =
                    transportBits(type & PacketVector.TYPE_L4_MASK, transport, isSegmented);
            if (kind == REFUSED) {
                return REFUSED;
            }
            bits |= kind | (long) (transport / 4) << TxDescriptor.L4LEN_SHIFT;
        }
        // The headers are written to, and read by the device, in one piece.
        return link + aroundBytes(vector, i) + network + transport > vector.lengthBytes(i)
                ? REFUSED
                : bits;
    }

    /** Length of what a tunnel puts between the Ethernet header and the inner IP header. */
    private static int aroundBytes(final PacketVector vector, final int i) {
        return (vector.flags(i) & PacketVector.FLAG_TX_TUNNEL) == 0
                ? 0
                : vector.outerNetworkBytes(i) + vector.tunnelBytes(i);
    }

    /**
     * The tunnelling parameters in quadword 0 of the context descriptor of a packet with {@link
     * PacketVector#FLAG_TX_TUNNEL}.
     *
     * @return {@link #REFUSED} if the device knows no such tunnel.
     */
    static long tunnel(final PacketVector vector, final int i) {
        final int network = vector.outerNetworkBytes(i);
        final int tunnel = vector.tunnelBytes(i);
        final boolean isIpv6 = vector.isOuterIpv6(i);
        final boolean isNetworkGood =
                isIpv6
                        ? network >= IPV6_BYTES_MIN && network <= OUTER_NETWORK_BYTES_MAX
                        : network >= IPV4_BYTES_MIN && network <= IPV4_BYTES_MAX;
        final int kind = vector.tunnelKind(i);
        final boolean isTunnelGood =
                switch (kind) {
                    case PacketVector.TUNNEL_IP -> tunnel == 0;
                    case PacketVector.TUNNEL_GRE ->
                            tunnel >= GRE_BYTES_MIN && tunnel <= TUNNEL_BYTES_MAX;
                    default -> tunnel >= UDP_BYTES && tunnel <= TUNNEL_BYTES_MAX;
                };
        if (!isNetworkGood || !isTunnelGood || (network & 3) != 0 || (tunnel & 1) != 0) {
            return REFUSED;
        }
        final long type =
                switch (kind) {
                    case PacketVector.TUNNEL_IP -> 0;
                    case PacketVector.TUNNEL_GRE -> TxDescriptor.NATT_GRE;
                    case PacketVector.TUNNEL_UDP -> TxDescriptor.NATT_UDP;
                    default -> TxDescriptor.NATT_UDP | TxDescriptor.L4T_CS;
                };
        return type
                | (isIpv6 ? TxDescriptor.EXT_IP_IPV6 : TxDescriptor.EXT_IP_IPV4_CHECKSUM)
                | (long) (network / 4) << TxDescriptor.EXT_IPLEN_SHIFT
                | (long) (tunnel / 2) << TxDescriptor.NATLEN_SHIFT;
    }

    private static long transportBits(
            final int type, final int transportBytes, final boolean isSegmented) {
        if (type == PacketVector.TYPE_TCP) {
            return transportBytes < TCP_BYTES_MIN
                            || transportBytes > TCP_BYTES_MAX
                            || (transportBytes & 3) != 0
                    ? REFUSED
                    : TxDescriptor.L4T_TCP;
        }
        if (isSegmented) {
            return REFUSED;
        }
        if (type == PacketVector.TYPE_UDP) {
            return transportBytes == UDP_BYTES ? TxDescriptor.L4T_UDP : REFUSED;
        }
        return type == PacketVector.TYPE_SCTP && transportBytes == SCTP_BYTES
                ? TxDescriptor.L4T_SCTP
                : REFUSED;
    }

    /** Length of the headers that a packet with {@link PacketVector#FLAG_TX_SEGMENT} names. */
    static int headerBytes(final PacketVector vector, final int i) {
        return vector.linkBytes(i)
                + aroundBytes(vector, i)
                + vector.networkBytes(i)
                + vector.transportBytes(i);
    }

    /** Whether a packet is to be cut at all: one that fits one segment is not. */
    static boolean isCut(final PacketVector vector, final int i) {
        return (vector.flags(i) & PacketVector.FLAG_TX_SEGMENT) != 0
                && vector.totalBytes(i) - headerBytes(vector, i) > vector.segmentBytes(i);
    }

    /**
     * Quadword 1 of the context descriptor of a packet that is cut, after {@link #command}.
     *
     * @param frameBytesMax longest frame.
     * @return {@link #REFUSED} if the device can't cut it.
     */
    static long segmentation(
            final PacketPool pool,
            final PacketVector vector,
            final int i,
            final int frameBytesMax) {
        final int headers = headerBytes(vector, i);
        final int payload = vector.totalBytes(i) - headers;
        final int segment = vector.segmentBytes(i);
        if (segment < SEGMENT_BYTES_MIN
                || segment > SEGMENT_BYTES_MAX
                || payload > PAYLOAD_BYTES_MAX
                || headers + segment > frameBytesMax
                || !isEverySegmentInFewPieces(pool, vector, i, headers, segment)) {
            return REFUSED;
        }
        return TxDescriptor.TSO
                | (long) payload << TxDescriptor.TSO_LENGTH_SHIFT
                | (long) segment << TxDescriptor.MSS_SHIFT;
    }

    /** The device fetches the headers, and at most seven buffers more, for each segment. */
    private static boolean isEverySegmentInFewPieces(
            final PacketPool pool,
            final PacketVector vector,
            final int i,
            final int headers,
            final int segment) {
        int missing = segment;
        int pieces = 1;
        int bytes = vector.lengthBytes(i) - headers;
        int buffer = vector.buffer(i);
        final boolean isChain = (vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0;
        while (true) {
            if (bytes > 0) {
                pieces++;
                if (pieces > PIECES_MAX) {
                    return false;
                }
                if (bytes < missing) {
                    missing -= bytes;
                } else {
                    // Whole segments within this buffer have two pieces each.
                    final int begun = (bytes - missing) % segment;
                    missing = segment - begun;
                    pieces = begun > 0 ? 2 : 1;
                }
            }
            buffer = isChain ? pool.next(buffer) : PacketPool.NONE;
            if (buffer == PacketPool.NONE) {
                return true;
            }
            bytes = pool.pieceLengthBytes(buffer);
        }
    }

    /**
     * Makes the headers as the device wants them, from what {@link PacketVector} says that they are
     * like. Once for each packet.
     *
     * @param isCut whether it is cut; see {@link #isCut}.
     */
    static void prepare(
            final PacketPool pool, final PacketVector vector, final int i, final boolean isCut) {
        final MemorySegment memory = pool.memory();
        final int type = vector.packetType(i);
        final int request = vector.flags(i);
        final long outer =
                pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i) + vector.linkBytes(i);
        if ((request & PacketVector.FLAG_TX_TUNNEL) != 0) {
            prepareTunnel(memory, vector, i, outer, isCut);
        }
        final long network = outer + aroundBytes(vector, i);
        final long transport = network + vector.networkBytes(i);
        final boolean isIpv4 = (type & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        if (isIpv4) {
            if ((request & (PacketVector.FLAG_TX_IP_CHECKSUM | PacketVector.FLAG_TX_SEGMENT))
                    != 0) {
                memory.set(SHORT, network + IPV4_CHECKSUM_OFFSET, (short) 0);
            }
        }
        if (isCut) {
            memory.set(
                    SHORT, network + (isIpv4 ? IPV4_LENGTH_OFFSET : IPV6_LENGTH_OFFSET), (short) 0);
            final int bytes =
                    vector.totalBytes(i) - headerBytes(vector, i) + vector.transportBytes(i);
            final long field = transport + TCP_CHECKSUM_OFFSET;
            memory.set(SHORT, field, withoutLength(memory.get(SHORT, field), bytes));
        } else if ((request & PacketVector.FLAG_TX_L4_CHECKSUM) != 0
                && (type & PacketVector.TYPE_L4_MASK) == PacketVector.TYPE_SCTP) {
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, transport + SCTP_CHECKSUM_OFFSET, 0);
        }
    }

    /**
     * The same for what is around the packet: its checksums, and lengths that are each segment's.
     */
    private static void prepareTunnel(
            final MemorySegment memory,
            final PacketVector vector,
            final int i,
            final long network,
            final boolean isCut) {
        final boolean isIpv6 = vector.isOuterIpv6(i);
        final int kind = vector.tunnelKind(i);
        if (!isIpv6) {
            memory.set(SHORT, network + IPV4_CHECKSUM_OFFSET, (short) 0);
        }
        if (!isCut) {
            return;
        }
        memory.set(SHORT, network + (isIpv6 ? IPV6_LENGTH_OFFSET : IPV4_LENGTH_OFFSET), (short) 0);
        if (kind == PacketVector.TUNNEL_UDP || kind == PacketVector.TUNNEL_UDP_CHECKSUM) {
            final long udp = network + vector.outerNetworkBytes(i);
            memory.set(SHORT, udp + UDP_LENGTH_OFFSET, (short) 0);
            if (kind == PacketVector.TUNNEL_UDP_CHECKSUM) {
                final int bytes =
                        vector.totalBytes(i) - vector.linkBytes(i) - vector.outerNetworkBytes(i);
                final long field = udp + UDP_CHECKSUM_OFFSET;
                memory.set(SHORT, field, withoutLength(memory.get(SHORT, field), bytes));
            }
        }
    }

    /** Takes a length out of a pseudo header's sum: the device adds that of each segment. */
    private static short withoutLength(final short field, final int bytes) {
        int sum = Short.reverseBytes(field) & 0xFFFF;
        sum += (~bytes & 0xFFFF) + (~(bytes >>> 16) & 0xFFFF);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return Short.reverseBytes((short) sum);
    }
}
