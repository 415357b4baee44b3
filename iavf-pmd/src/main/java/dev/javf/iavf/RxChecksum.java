package dev.javf.iavf;

import dev.javf.packet.PacketVector;

/**
 * What the device says about checksums and packet types, as {@link PacketVector} flags. The bits of
 * the descriptor tell right from wrong only for packets whose type has the checksum at all, so the
 * type is asked first: X710 datasheet, "Packet type"; the numbers are the same for an E810 without
 * other DDP package (Linux ice driver, ice_lan_tx_rx.h). Of a packet in a tunnel, IPE and L4E speak
 * of the innermost headers, EIPE and EUDPE of those around them. Nothing is claimed about
 * fragments' transport.
 */
final class RxChecksum {
    /** Status bits without which the table alone gives the flags. */
    private static final long DOUBTS =
            RxDescriptor.IPE
                    | RxDescriptor.L4E
                    | RxDescriptor.EIPE
                    | RxDescriptor.PPRS
                    | RxDescriptor.IPV6EXADD;

    private static final long FLEX_DOUBTS =
            RxFlexDescriptor.IPE
                    | RxFlexDescriptor.L4E
                    | RxFlexDescriptor.EIPE
                    | RxFlexDescriptor.EUDPE
                    | RxFlexDescriptor.IPV6EXADD;

    /** Packet types of IPv6 are those of IPv4 with the same content, plus this. */
    private static final int IPV6_MINUS_IPV4 = 66;

    /** Packet types of IPv4 begin here; what an IP packet has in it is one of {@link #CONTENTS}. */
    private static final int PTYPE_IPV4 = 22;

    /** An IP packet in an IP packet: {@link #CONTENTS} of IPv4, then those of IPv6. */
    private static final int PTYPE_IPV4_IP = 29;

    /** GRE or a UDP tunnel: with something else, and then the same. */
    private static final int PTYPE_IPV4_GRE_OR_UDP = 43;

    /** The same with an Ethernet header behind it, and with one that has a tag. */
    private static final int PTYPE_IPV4_ETHERNET = 58;

    private static final int PTYPE_IPV4_ETHERNET_TAG = 73;

    /** What can be in an IP packet, in the order of packet types. */
    private static final int[] CONTENTS = {
        PacketVector.TYPE_FRAGMENT,
        0,
        PacketVector.TYPE_UDP,
        0,
        PacketVector.TYPE_TCP,
        PacketVector.TYPE_SCTP,
        PacketVector.TYPE_ICMP
    };

    /** The number among {@link #CONTENTS} that the device doesn't use. */
    private static final int UNUSED_CONTENT = 3;

    /** Packet type to the flags and type of a packet without fault. */
    private static final int[] FLAGS = new int[RxFlexDescriptor.PTYPE_MASK + 1];

    static {
        for (int content = 0; content < CONTENTS.length; content++) {
            if (content != UNUSED_CONTENT) {
                type(
                        PTYPE_IPV4 + content,
                        CONTENTS[content]
                                | (hasChecksum(content) ? PacketVector.FLAG_L4_CHECKSUM_GOOD : 0));
            }
        }
        tunnel(PTYPE_IPV4_IP, PacketVector.TYPE_TUNNEL_IP);
        type(PTYPE_IPV4_GRE_OR_UDP, PacketVector.TYPE_TUNNEL_GRE_OR_UDP);
        tunnel(PTYPE_IPV4_GRE_OR_UDP + 1, PacketVector.TYPE_TUNNEL_GRE_OR_UDP);
        type(PTYPE_IPV4_ETHERNET, PacketVector.TYPE_TUNNEL_ETHERNET);
        tunnel(PTYPE_IPV4_ETHERNET + 1, PacketVector.TYPE_TUNNEL_ETHERNET);
        type(PTYPE_IPV4_ETHERNET_TAG, PacketVector.TYPE_TUNNEL_ETHERNET);
        tunnel(PTYPE_IPV4_ETHERNET_TAG + 1, PacketVector.TYPE_TUNNEL_ETHERNET);
    }

    private static boolean hasChecksum(final int content) {
        return content >= 2 && content < CONTENTS.length - 1;
    }

    /** A type of packets in IPv4, and the one of IPv6. */
    private static void type(final int ipv4, final int flags) {
        FLAGS[ipv4] = flags | PacketVector.TYPE_IPV4 | PacketVector.FLAG_IP_CHECKSUM_GOOD;
        FLAGS[ipv4 + IPV6_MINUS_IPV4] = flags | PacketVector.TYPE_IPV6;
    }

    /** The types of one kind of tunnel. */
    private static void tunnel(final int first, final int kind) {
        final int good = PacketVector.FLAG_INNER_CHECKSUM_GOOD;
        for (int content = 0; content < CONTENTS.length; content++) {
            if (content != UNUSED_CONTENT) {
                final int inIpv4 = CONTENTS[content] | PacketVector.TYPE_IPV4;
                final int inIpv6 = CONTENTS[content] | PacketVector.TYPE_IPV6;
                type(first + content, kind | good | inIpv4 << PacketVector.TYPE_INNER_SHIFT);
                type(
                        first + CONTENTS.length + content,
                        kind
                                | (hasChecksum(content) ? good : 0)
                                | inIpv6 << PacketVector.TYPE_INNER_SHIFT);
            }
        }
    }

    private RxChecksum() {}

    /**
     * The {@code FLAG_..._CHECKSUM_...} and {@code TYPE_...} bits for a written-back quadword 1.
     */
    static int flags(final long qword1) {
        final int good =
                FLAGS[(int) (qword1 >>> RxDescriptor.PTYPE_SHIFT) & RxDescriptor.PTYPE_MASK];
        if ((qword1 & RxDescriptor.L3L4P) == 0) {
            return good & PacketVector.TYPE_MASK;
        }
        return (qword1 & DOUBTS) == 0
                ? good
                : doubtful(
                        good,
                        (qword1 & RxDescriptor.IPE) == 0,
                        (qword1 & RxDescriptor.EIPE) == 0,
                        (qword1 & (RxDescriptor.PPRS | RxDescriptor.IPV6EXADD)) == 0,
                        (qword1 & RxDescriptor.L4E) == 0);
    }

    /**
     * The same for a flexible descriptor.
     *
     * @param qword1 written back.
     * @param packetType of quadword 0.
     */
    static int flexFlags(final long qword1, final int packetType) {
        final int good = FLAGS[packetType & RxFlexDescriptor.PTYPE_MASK];
        if ((qword1 & RxFlexDescriptor.L3L4P) == 0) {
            return good & PacketVector.TYPE_MASK;
        }
        if ((qword1 & FLEX_DOUBTS) == 0) {
            return good;
        }
        final int flags =
                doubtful(
                        good,
                        (qword1 & RxFlexDescriptor.IPE) == 0,
                        (qword1 & RxFlexDescriptor.EIPE) == 0,
                        (qword1 & RxFlexDescriptor.IPV6EXADD) == 0,
                        (qword1 & RxFlexDescriptor.L4E) == 0);
        return (qword1 & RxFlexDescriptor.EUDPE) == 0
                ? flags
                : flags | PacketVector.FLAG_L4_CHECKSUM_BAD;
    }

    private static int doubtful(
            final int good,
            final boolean isIpGood,
            final boolean isOuterIpGood,
            final boolean isL4Checked,
            final boolean isL4Good) {
        int flags = good & PacketVector.TYPE_MASK;
        final boolean isTunnel = (good & PacketVector.TYPE_TUNNEL_MASK) != 0;
        if ((good & PacketVector.FLAG_IP_CHECKSUM_GOOD) != 0) {
            flags |=
                    isOuterIpGood && (isTunnel || isIpGood)
                            ? PacketVector.FLAG_IP_CHECKSUM_GOOD
                            : PacketVector.FLAG_IP_CHECKSUM_BAD;
        }
        if ((good & PacketVector.FLAG_L4_CHECKSUM_GOOD) != 0 && isL4Checked) {
            flags |=
                    isL4Good
                            ? PacketVector.FLAG_L4_CHECKSUM_GOOD
                            : PacketVector.FLAG_L4_CHECKSUM_BAD;
        }
        if ((good & PacketVector.FLAG_INNER_CHECKSUM_GOOD) != 0) {
            if (!isIpGood || (isL4Checked && !isL4Good)) {
                flags |= PacketVector.FLAG_INNER_CHECKSUM_BAD;
            } else if (isL4Checked) {
                flags |= PacketVector.FLAG_INNER_CHECKSUM_GOOD;
            }
        }
        return flags;
    }
}
