package dev.javf.iavf;

import dev.javf.packet.PacketVector;

/**
 * What the device says about checksums and packet types, as {@link PacketVector} flags. The bits of
 * the descriptor tell right from wrong only for packets whose type has the checksum at all, so the
 * type is asked first: X710 datasheet, "Packet type"; the numbers are the same for an E810 without
 * other DDP package (Linux ice driver, ice_lan_tx_rx.h). Nothing is claimed about fragments and
 * tunnels.
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
                    | RxFlexDescriptor.IPV6EXADD;

    /** Packet types of IPv6 are those of IPv4 with the same content, plus this. */
    private static final int IPV6_MINUS_IPV4 = 66;

    private static final int PTYPE_IPV4_FRAGMENT = 22;
    private static final int PTYPE_IPV4_PAYLOAD = 23;
    private static final int PTYPE_IPV4_UDP = 24;
    private static final int PTYPE_IPV4_TCP = 26;
    private static final int PTYPE_IPV4_SCTP = 27;
    private static final int PTYPE_IPV4_ICMP = 28;

    /** Packet type to the flags and type of a packet without fault. */
    private static final int[] FLAGS = new int[RxFlexDescriptor.PTYPE_MASK + 1];

    static {
        final int l4 = PacketVector.FLAG_L4_CHECKSUM_GOOD;
        type(PTYPE_IPV4_FRAGMENT, PacketVector.TYPE_FRAGMENT);
        type(PTYPE_IPV4_PAYLOAD, 0);
        type(PTYPE_IPV4_UDP, PacketVector.TYPE_UDP | l4);
        type(PTYPE_IPV4_TCP, PacketVector.TYPE_TCP | l4);
        type(PTYPE_IPV4_SCTP, PacketVector.TYPE_SCTP | l4);
        type(PTYPE_IPV4_ICMP, PacketVector.TYPE_ICMP);
    }

    private static void type(final int ipv4, final int flags) {
        FLAGS[ipv4] = flags | PacketVector.TYPE_IPV4 | PacketVector.FLAG_IP_CHECKSUM_GOOD;
        FLAGS[ipv4 + IPV6_MINUS_IPV4] = flags | PacketVector.TYPE_IPV6;
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
                        (qword1 & (RxDescriptor.IPE | RxDescriptor.EIPE)) == 0,
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
        return (qword1 & FLEX_DOUBTS) == 0
                ? good
                : doubtful(
                        good,
                        (qword1 & (RxFlexDescriptor.IPE | RxFlexDescriptor.EIPE)) == 0,
                        (qword1 & RxFlexDescriptor.IPV6EXADD) == 0,
                        (qword1 & RxFlexDescriptor.L4E) == 0);
    }

    private static int doubtful(
            final int good,
            final boolean isIpGood,
            final boolean isL4Checked,
            final boolean isL4Good) {
        int flags = good & PacketVector.TYPE_MASK;
        if ((good & PacketVector.FLAG_IP_CHECKSUM_GOOD) != 0) {
            flags |=
                    isIpGood
                            ? PacketVector.FLAG_IP_CHECKSUM_GOOD
                            : PacketVector.FLAG_IP_CHECKSUM_BAD;
        }
        if ((good & PacketVector.FLAG_L4_CHECKSUM_GOOD) != 0 && isL4Checked) {
            flags |=
                    isL4Good
                            ? PacketVector.FLAG_L4_CHECKSUM_GOOD
                            : PacketVector.FLAG_L4_CHECKSUM_BAD;
        }
        return flags;
    }
}
