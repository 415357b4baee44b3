package dev.javf.sim;

import dev.javf.packet.Ethernet;

import org.jspecify.annotations.Nullable;

/**
 * What an Rx parser finds behind the VLAN tags of a {@link Frame}: packet type, where the headers
 * are, and whether their checksums are right. Looked at once per frame, however many receive it.
 * Each field that says where something is is read once, as the frame may lie in memory that its
 * sender can write.
 *
 * <p>Packet types are those of the Linux i40e and ice drivers' tables. Of tunnels it knows IP in
 * IP, GRE, and VXLAN at its own port; what is in them is looked at, but not for RSS.
 */
final class PacketHeaders {
    static final int PTYPE_ETHERNET = 1;
    static final int PTYPE_ARP = 11;
    static final int PTYPE_IPV4_FRAGMENT = 22;
    static final int PTYPE_IPV4 = 23;
    static final int PTYPE_IPV4_UDP = 24;
    static final int PTYPE_IPV4_TCP = 26;
    static final int PTYPE_IPV4_SCTP = 27;
    static final int PTYPE_IPV4_ICMP = 28;

    /** IPv6 types are those of IPv4 with the same content, plus this. */
    static final int PTYPE_IPV6_MINUS_IPV4 = 66;

    /** First packet types of tunnels in IPv4: with a fragment in IPv4; the next 7 are of IPv6. */
    private static final int PTYPE_IPV4_IP = 29;

    /** The type before it is that of the tunnel with something else inside. */
    private static final int PTYPE_IPV4_GRE_OR_UDP = 44;

    private static final int PTYPE_IPV4_ETHERNET = 59;
    private static final int PTYPE_IPV4_ETHERNET_TAG = 74;
    private static final int PTYPES_OF_AN_IP = 7;
    private static final int NO_TUNNEL = 0;

    /** {@link #pctype} of what is not hashed. */
    static final int NOT_HASHED = -1;

    /** Hash-enable bits of IPv4 content; IPv6's are 10 higher. Multicast UDP is 31 like unicast. */
    static final int PCTYPE_IPV4_UDP = 31;

    static final int PCTYPE_IPV4_TCP_SYN = 32;
    static final int PCTYPE_IPV4_TCP = 33;
    static final int PCTYPE_IPV4_SCTP = 34;
    static final int PCTYPE_IPV4_OTHER = 35;
    static final int PCTYPE_IPV4_FRAGMENT = 36;
    static final int PCTYPE_IPV6_MINUS_IPV4 = 10;
    static final int PCTYPE_IPV6_UDP = PCTYPE_IPV4_UDP + PCTYPE_IPV6_MINUS_IPV4;

    static final int TCP = 6;
    static final int UDP = 17;
    static final int SCTP = 132;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV6 = 0x86DD;
    private static final int ETHERTYPE_ETHERNET = 0x6558;
    private static final int IP_IN_IP = 4;
    private static final int IPV6_IN_IP = 41;
    private static final int GRE = 47;
    private static final int VXLAN_PORT = 4789;
    private static final int VXLAN_BYTES = 8 + 8;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    private static final int IPV6_HOP_BY_HOP = 0;
    private static final int IPV6_ROUTING = 43;
    private static final int IPV6_FRAGMENT = 44;
    private static final int IPV6_DESTINATION = 60;
    private static final int IPV6_HEADER_BYTES = 40;

    private final Frame frame;

    /** What is in a tunnel; null in itself. */
    private final @Nullable PacketHeaders inner;

    /** First packet type of the tunnel in IPv4, or {@link #NO_TUNNEL}. */
    private int tunnel;

    private boolean parsed;
    private boolean ipv4;
    private boolean ipv6;
    private boolean fragment;
    private boolean extensionAddresses;
    private int protocol;
    private int ipOffset;
    private int ipHeaderBytes;
    private int transportOffset;
    private int endOffset;
    private boolean checked;
    private boolean ipError;
    private boolean transportError;
    private boolean zeroUdpChecksum;

    PacketHeaders(final Frame frame) {
        this(frame, new PacketHeaders(frame, null));
    }

    private PacketHeaders(final Frame frame, final @Nullable PacketHeaders inner) {
        this.frame = frame;
        this.inner = inner;
    }

    /** A new frame is there. */
    void forget() {
        parsed = false;
        checked = false;
    }

    /** Whether it is a complete IPv4 or IPv6 packet. */
    boolean isIp() {
        ensureParsed();
        return ipv4 || ipv6;
    }

    /** Whether IPv6 extension headers may hold other addresses (IPV6EXADD). */
    boolean hasExtensionAddresses() {
        ensureParsed();
        final PacketHeaders in = inTunnel();
        return extensionAddresses || (in != null && in.extensionAddresses);
    }

    /** Whether it is a tunnel that is known. */
    boolean isTunnel() {
        ensureParsed();
        return tunnel != NO_TUNNEL;
    }

    /** What is in the tunnel, if it is IP; null otherwise. */
    private @Nullable PacketHeaders inTunnel() {
        ensureParsed();
        return tunnel != NO_TUNNEL && inner != null && (inner.ipv4 || inner.ipv6) ? inner : null;
    }

    /** Whether the checksum of the IPv4 header around a tunnel is wrong (EIPE). */
    boolean outerIpError() {
        ensureVerified();
        return tunnel != NO_TUNNEL && ipError;
    }

    /** Whether the checksum of the UDP header around a tunnel is wrong (EUDPE). */
    boolean outerUdpError() {
        ensureVerified();
        return tunnel != NO_TUNNEL && transportError;
    }

    /** Whether the IPv4 header's checksum is wrong, the innermost one's. */
    boolean ipError() {
        ensureVerified();
        final PacketHeaders in = inTunnel();
        return in == null ? tunnel == NO_TUNNEL && ipError : in.ipError();
    }

    /** Whether the TCP, UDP or SCTP checksum is wrong, the innermost one's. */
    boolean transportError() {
        ensureVerified();
        final PacketHeaders in = inTunnel();
        return in == null ? tunnel == NO_TUNNEL && transportError : in.transportError();
    }

    /** Whether it is UDP without checksum. */
    boolean zeroUdpChecksum() {
        ensureVerified();
        return zeroUdpChecksum;
    }

    int packetType() {
        ensureParsed();
        if (!ipv4 && !ipv6) {
            return isArp() ? PTYPE_ARP : PTYPE_ETHERNET;
        }
        final PacketHeaders in = inTunnel();
        final int type =
                tunnel == NO_TUNNEL
                        ? content()
                        : in == null
                                ? tunnel - 1
                                : tunnel
                                        + in.content()
                                        - PTYPE_IPV4_FRAGMENT
                                        + (in.ipv6 ? PTYPES_OF_AN_IP : 0);
        return ipv4 ? type : type + PTYPE_IPV6_MINUS_IPV4;
    }

    /** What an IP packet has in it, as the type of one in IPv4. */
    private int content() {
        if (fragment) {
            return PTYPE_IPV4_FRAGMENT;
        }
        return switch (protocol) {
            case UDP -> PTYPE_IPV4_UDP;
            case TCP -> PTYPE_IPV4_TCP;
            case SCTP -> PTYPE_IPV4_SCTP;
            case ICMP -> ipv4 ? PTYPE_IPV4_ICMP : PTYPE_IPV4;
            case ICMPV6 -> ipv6 ? PTYPE_IPV4_ICMP : PTYPE_IPV4;
            default -> PTYPE_IPV4;
        };
    }

    /** Bit of the hash-enable set that the frame falls under, or {@link #NOT_HASHED}. */
    int pctype() {
        ensureParsed();
        if (!ipv4 && !ipv6) {
            return NOT_HASHED;
        }
        final int type;
        if (fragment) {
            type = PCTYPE_IPV4_FRAGMENT;
        } else {
            type =
                    switch (protocol) {
                        case UDP -> PCTYPE_IPV4_UDP;
                        case TCP -> isSyn() ? PCTYPE_IPV4_TCP_SYN : PCTYPE_IPV4_TCP;
                        case SCTP -> PCTYPE_IPV4_SCTP;
                        default -> PCTYPE_IPV4_OTHER;
                    };
        }
        return ipv4 ? type : type + PCTYPE_IPV6_MINUS_IPV4;
    }

    /** Where source and destination address start in the frame's header. */
    int addressesOffset() {
        return ipv4 ? ipOffset + 12 : ipOffset + 8;
    }

    /** Length of both addresses. */
    int addressesBytes() {
        return ipv4 ? 8 : 32;
    }

    /** Whether there are ports: TCP, UDP or SCTP, and no fragment. */
    boolean hasPorts() {
        ensureParsed();
        return !fragment && (protocol == TCP || protocol == UDP || protocol == SCTP);
    }

    /** Where the ports are in the frame's header. */
    int portsOffset() {
        return transportOffset;
    }

    private boolean isArp() {
        final int typeOffset = frame.typeOffset();
        return typeOffset + 2 <= frame.headerBytes() && frame.u16(typeOffset) == ETHERTYPE_ARP;
    }

    private boolean isSyn() {
        final int flagsOffset = transportOffset + 13;
        final int syn = 0x02;
        final int ack = 0x10;
        return flagsOffset < frame.headerBytes() && (frame.u8(flagsOffset) & (syn | ack)) == syn;
    }

    // Both are small, so that each accessor costs a test and no call.
    private void ensureParsed() {
        if (!parsed) {
            parse();
        }
    }

    private void ensureVerified() {
        ensureParsed();
        if (!checked) {
            verify();
        }
    }

    private void parse() {
        parsed = true;
        tunnel = NO_TUNNEL;
        final int typeOffset = frame.typeOffset();
        parse(typeOffset + 2 > frame.headerBytes() ? 0 : frame.u16(typeOffset), typeOffset + 2);
        if (inner != null && (ipv4 || ipv6) && !fragment) {
            parseTunnel(inner);
        }
    }

    private void parseTunnel(final PacketHeaders in) {
        final int end = Math.min(endOffset, frame.headerBytes());
        if (protocol == IP_IN_IP || protocol == IPV6_IN_IP) {
            in.parse(protocol == IP_IN_IP ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, transportOffset);
            tunnel = in.isWithin(endOffset) ? PTYPE_IPV4_IP : NO_TUNNEL;
        } else if (protocol == GRE && transportOffset + 4 <= end) {
            parseGre(in, end);
        } else if (protocol == UDP
                && frame.u16(transportOffset + 2) == VXLAN_PORT
                && transportOffset + VXLAN_BYTES <= end) {
            parseEthernet(in, transportOffset + VXLAN_BYTES, end);
        }
    }

    /** RFC 2784 and 2890: checksum, key and sequence number are there or not. */
    private void parseGre(final PacketHeaders in, final int end) {
        final int flags = frame.u16(transportOffset);
        final int type = frame.u16(transportOffset + 2);
        final int behind = transportOffset + 4 + 4 * Integer.bitCount(flags & 0xB000);
        if ((flags & 0x4FFF) != 0) {
            return;
        }
        if (type == ETHERTYPE_ETHERNET) {
            parseEthernet(in, behind, end);
        } else {
            in.parse(type, behind);
            in.isWithin(endOffset);
            tunnel = PTYPE_IPV4_GRE_OR_UDP;
        }
    }

    private void parseEthernet(final PacketHeaders in, final int start, final int end) {
        final int typeOffset = start + Ethernet.TYPE_OFFSET;
        final boolean hasTag =
                typeOffset + 6 <= end && frame.u16(typeOffset) == Ethernet.TPID_8021Q;
        final int behind = typeOffset + (hasTag ? Ethernet.VLAN_TAG_BYTES : 0);
        in.parse(behind + 2 <= end ? frame.u16(behind) : 0, behind + 2);
        in.isWithin(endOffset);
        tunnel = hasTag ? PTYPE_IPV4_ETHERNET_TAG : PTYPE_IPV4_ETHERNET;
    }

    /** Whether it is IP, and ends where what is around it ends; what doesn't is no IP. */
    private boolean isWithin(final int end) {
        if (endOffset > end) {
            ipv4 = false;
            ipv6 = false;
        }
        return ipv4 || ipv6;
    }

    private void parse(final int type, final int offset) {
        parsed = true;
        checked = false;
        ipv4 = false;
        ipv6 = false;
        fragment = false;
        extensionAddresses = false;
        protocol = -1;
        ipOffset = offset;
        endOffset = 0;
        if (type == ETHERTYPE_IPV4) {
            parseIpv4();
        } else if (type == ETHERTYPE_IPV6) {
            parseIpv6();
        }
    }

    private void parseIpv4() {
        if (ipOffset + 20 > frame.headerBytes()) {
            return;
        }
        final int versionAndLength = frame.u8(ipOffset);
        ipHeaderBytes = (versionAndLength & 0xF) * 4;
        final int totalLength = frame.u16(ipOffset + 2);
        endOffset = ipOffset + totalLength;
        transportOffset = ipOffset + ipHeaderBytes;
        if (versionAndLength >>> 4 != 4
                || ipHeaderBytes < 20
                || totalLength < ipHeaderBytes
                || transportOffset > frame.headerBytes()
                || endOffset > frame.storedBytes()) {
            return;
        }
        ipv4 = true;
        protocol = frame.u8(ipOffset + 9);
        fragment = (frame.u16(ipOffset + 6) & 0x3FFF) != 0;
        dropProtocolWithoutHeader();
    }

    private void parseIpv6() {
        transportOffset = ipOffset + IPV6_HEADER_BYTES;
        if (transportOffset > frame.headerBytes() || frame.u8(ipOffset) >>> 4 != 6) {
            return;
        }
        endOffset = transportOffset + frame.u16(ipOffset + 4);
        if (endOffset > frame.storedBytes()) {
            return;
        }
        ipv6 = true;
        int next = frame.u8(ipOffset + 6);
        while (next == IPV6_HOP_BY_HOP
                || next == IPV6_ROUTING
                || next == IPV6_DESTINATION
                || next == IPV6_FRAGMENT) {
            if (transportOffset + 8 > Math.min(endOffset, frame.headerBytes())) {
                return;
            }
            if (next == IPV6_FRAGMENT) {
                fragment |= (frame.u16(transportOffset + 2) & 0xFFF9) != 0;
                next = frame.u8(transportOffset);
                transportOffset += 8;
            } else {
                extensionAddresses |= next != IPV6_HOP_BY_HOP;
                next = frame.u8(transportOffset);
                transportOffset += 8 * (frame.u8(transportOffset + 1) + 1);
            }
        }
        protocol = next;
        dropProtocolWithoutHeader();
    }

    /** A transport header that is cut off, or beyond what the parser sees, is just payload. */
    private void dropProtocolWithoutHeader() {
        final int needed =
                switch (protocol) {
                    case TCP -> 20;
                    case UDP -> 8;
                    case SCTP -> 12;
                    default -> 0;
                };
        if (transportOffset + needed > Math.min(endOffset, frame.headerBytes())) {
            protocol = -1;
        }
    }

    private void verify() {
        checked = true;
        ipError = false;
        transportError = false;
        zeroUdpChecksum = false;
        if (ipv4) {
            ipError =
                    Checksums.fold(Checksums.sum(frame, ipOffset, ipOffset + ipHeaderBytes))
                            != 0xFFFF;
        }
        if (!(ipv4 || ipv6) || fragment) {
            return;
        }
        if (protocol == UDP && frame.u16(transportOffset + 6) == 0) {
            zeroUdpChecksum = true;
            // Around a tunnel it may be missing (RFC 6935).
            transportError = ipv6 && tunnel == NO_TUNNEL;
        } else if (protocol == TCP || protocol == UDP) {
            final int length = endOffset - transportOffset;
            final long pseudoHeader =
                    Checksums.sum(frame, addressesOffset(), addressesOffset() + addressesBytes())
                            + Checksums.bigEndian(protocol)
                            + Checksums.bigEndian(length);
            transportError =
                    Checksums.fold(pseudoHeader + Checksums.sum(frame, transportOffset, endOffset))
                            != 0xFFFF;
        } else if (protocol == SCTP) {
            transportError = !Checksums.isSctpCorrect(frame, transportOffset, endOffset);
        }
    }
}
