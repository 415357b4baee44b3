package dev.javf.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Finds the headers of a frame, for {@link PacketVector#offload}: Ethernet with up to two VLAN tags
 * (IEEE 802.1Q), IPv4 (RFC 791), IPv6 with extension headers (RFC 8200), TCP, UDP, SCTP. The frame
 * is not trusted: nothing outside of it is read, and a length is only reported when the whole
 * header is there. The result is a {@code long}, so that nothing is allocated:
 *
 * <pre>
 *  52..48 packet type   47..32 transport header   31..16 network header   15..0 link header
 * </pre>
 */
public final class PacketHeaders {
    private static final int TYPE_BITS = 16;
    private static final int TAGS_MAX = 2;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86DD;

    private static final int PROTOCOL_HOP_BY_HOP = 0;
    private static final int PROTOCOL_ICMP = 1;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int PROTOCOL_ROUTING = 43;
    private static final int PROTOCOL_FRAGMENT = 44;
    private static final int PROTOCOL_ICMPV6 = 58;
    private static final int PROTOCOL_DESTINATION = 60;
    private static final int PROTOCOL_SCTP = 132;

    private static final int IPV4_BYTES_MIN = 20;
    private static final int IPV4_FRAGMENT_MASK = 0x3FFF;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_BYTES_MIN = 20;
    private static final int UDP_BYTES = 8;
    private static final int SCTP_BYTES = 12;

    private PacketHeaders() {}

    /**
     * Finds the headers at the start of a frame.
     *
     * @param memory where the frame is.
     * @param offset of its first byte.
     * @param lengthBytes of it that are there, in one piece; no more is read.
     * @return lengths and type, for the methods below. All lengths are 0 when there is no whole
     *     Ethernet header; the network header's and what is behind it are 0 unless it is IP.
     */
    public static long parse(final MemorySegment memory, final long offset, final int lengthBytes) {
        int link = Ethernet.HEADER_BYTES;
        if (lengthBytes < link) {
            return 0;
        }
        int type = get16(memory, offset + Ethernet.TYPE_OFFSET);
        for (int tags = 0; tags < TAGS_MAX && isTag(type); tags++) {
            if (lengthBytes < link + Ethernet.VLAN_TAG_BYTES) {
                return 0;
            }
            type = get16(memory, offset + link + 2);
            link += Ethernet.VLAN_TAG_BYTES;
        }
        final int rest = lengthBytes - link;
        return switch (type) {
            case ETHERTYPE_IPV4 -> ipv4(memory, offset + link, rest, link);
            case ETHERTYPE_IPV6 -> ipv6(memory, offset + link, rest, link);
            default -> link;
        };
    }

    /**
     * Length of the Ethernet header, with the tags in it.
     *
     * @param headers what {@link #parse} found.
     * @return bytes; 0 if there is none.
     */
    public static int linkBytes(final long headers) {
        return (int) headers & 0xFFFF;
    }

    /**
     * Length of the IP header, with options and extension headers.
     *
     * @param headers what {@link #parse} found.
     * @return bytes; 0 if there is none.
     */
    public static int networkBytes(final long headers) {
        return (int) (headers >>> 16) & 0xFFFF;
    }

    /**
     * Length of the TCP header with options, or 8 for UDP and 12 for SCTP.
     *
     * @param headers what {@link #parse} found.
     * @return bytes; 0 if there is none, also for ICMP and fragments.
     */
    public static int transportBytes(final long headers) {
        return (int) (headers >>> 32) & 0xFFFF;
    }

    /**
     * What kind of packet it is.
     *
     * @param headers what {@link #parse} found.
     * @return {@code TYPE_...} bits of {@link PacketVector}.
     */
    public static int packetType(final long headers) {
        return (int) (headers >>> 48) << TYPE_BITS;
    }

    private static long ipv4(
            final MemorySegment memory, final long at, final int rest, final int link) {
        if (rest < IPV4_BYTES_MIN) {
            return link;
        }
        final int bytes = (get8(memory, at) & 0xF) * 4;
        if (get8(memory, at) >>> 4 != 4 || bytes < IPV4_BYTES_MIN || bytes > rest) {
            return link;
        }
        if ((get16(memory, at + 6) & IPV4_FRAGMENT_MASK) != 0) {
            return pack(link, bytes, 0, PacketVector.TYPE_IPV4 | PacketVector.TYPE_FRAGMENT);
        }
        final int protocol = get8(memory, at + 9);
        return transport(memory, at, rest, link, bytes, protocol, PacketVector.TYPE_IPV4);
    }

    private static long ipv6(
            final MemorySegment memory, final long at, final int rest, final int link) {
        if (rest < IPV6_BYTES || get8(memory, at) >>> 4 != 6) {
            return link;
        }
        int bytes = IPV6_BYTES;
        int protocol = get8(memory, at + 6);
        while (protocol == PROTOCOL_HOP_BY_HOP
                || protocol == PROTOCOL_ROUTING
                || protocol == PROTOCOL_DESTINATION) {
            if (rest < bytes + 8) {
                return pack(link, bytes, 0, PacketVector.TYPE_IPV6);
            }
            protocol = get8(memory, at + bytes);
            bytes += 8 + 8 * get8(memory, at + bytes + 1);
            if (bytes > rest) {
                return link;
            }
        }
        if (protocol == PROTOCOL_FRAGMENT) {
            return pack(link, bytes, 0, PacketVector.TYPE_IPV6 | PacketVector.TYPE_FRAGMENT);
        }
        return transport(memory, at, rest, link, bytes, protocol, PacketVector.TYPE_IPV6);
    }

    private static long transport(
            final MemorySegment memory,
            final long at,
            final int rest,
            final int link,
            final int network,
            final int protocol,
            final int type) {
        final int left = rest - network;
        return switch (protocol) {
            case PROTOCOL_TCP -> {
                final int bytes =
                        left < TCP_BYTES_MIN ? 0 : (get8(memory, at + network + 12) >>> 4) * 4;
                yield bytes < TCP_BYTES_MIN || bytes > left
                        ? pack(link, network, 0, type)
                        : pack(link, network, bytes, type | PacketVector.TYPE_TCP);
            }
            case PROTOCOL_UDP ->
                    known(link, network, UDP_BYTES, left, type | PacketVector.TYPE_UDP);
            case PROTOCOL_SCTP ->
                    known(link, network, SCTP_BYTES, left, type | PacketVector.TYPE_SCTP);
            case PROTOCOL_ICMP, PROTOCOL_ICMPV6 ->
                    pack(link, network, 0, type | PacketVector.TYPE_ICMP);
            default -> pack(link, network, 0, type);
        };
    }

    private static long known(
            final int link, final int network, final int bytes, final int left, final int type) {
        return left < bytes
                ? pack(link, network, 0, type & PacketVector.TYPE_IP_MASK)
                : pack(link, network, bytes, type);
    }

    private static long pack(
            final int link, final int network, final int transport, final int type) {
        return link
                | (long) network << 16
                | (long) transport << 32
                | (long) (type >>> TYPE_BITS) << 48;
    }

    private static boolean isTag(final int type) {
        return type == Ethernet.TPID_8021Q
                || type == Ethernet.TPID_8021AD
                || type == Ethernet.TPID_QINQ_OLD;
    }

    private static int get8(final MemorySegment memory, final long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    private static int get16(final MemorySegment memory, final long at) {
        return Short.reverseBytes(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)) & 0xFFFF;
    }
}
