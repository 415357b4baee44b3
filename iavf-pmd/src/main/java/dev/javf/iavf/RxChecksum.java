package dev.javf.iavf;

import dev.javf.packet.PacketVector;

/**
 * What the device says about checksums, as {@link PacketVector} flags. The bits of the descriptor
 * tell right from wrong only for packets whose type has the checksum at all, so the type is asked
 * first: X710 datasheet, "Packet type"; the numbers are the same for an E810 without other DDP
 * package (Linux ice driver, ice_lan_tx_rx.h). Nothing is claimed about fragments and tunnels.
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

    private static final int PTYPE_IPV4_FRAGMENT = 22;
    private static final int PTYPE_IPV4_PAYLOAD = 23;
    private static final int PTYPE_IPV4_UDP = 24;
    private static final int PTYPE_IPV4_TCP = 26;
    private static final int PTYPE_IPV4_SCTP = 27;
    private static final int PTYPE_IPV4_ICMP = 28;
    private static final int PTYPE_IPV6_UDP = 90;
    private static final int PTYPE_IPV6_TCP = 92;
    private static final int PTYPE_IPV6_SCTP = 93;

    /** Packet type to the flags of a packet without fault. */
    private static final byte[] FLAGS = new byte[RxDescriptor.PTYPE_MASK + 1];

    static {
        final byte ip = PacketVector.FLAG_IP_CHECKSUM_GOOD;
        final byte l4 = PacketVector.FLAG_L4_CHECKSUM_GOOD;
        FLAGS[PTYPE_IPV4_FRAGMENT] = ip;
        FLAGS[PTYPE_IPV4_PAYLOAD] = ip;
        FLAGS[PTYPE_IPV4_UDP] = ip | l4;
        FLAGS[PTYPE_IPV4_TCP] = ip | l4;
        FLAGS[PTYPE_IPV4_SCTP] = ip | l4;
        FLAGS[PTYPE_IPV4_ICMP] = ip;
        FLAGS[PTYPE_IPV6_UDP] = l4;
        FLAGS[PTYPE_IPV6_TCP] = l4;
        FLAGS[PTYPE_IPV6_SCTP] = l4;
    }

    private RxChecksum() {}

    /** The {@code FLAG_..._CHECKSUM_...} bits for a written-back quadword 1. */
    static int flags(final long qword1) {
        if ((qword1 & RxDescriptor.L3L4P) == 0) {
            return 0;
        }
        final int good =
                FLAGS[(int) (qword1 >>> RxDescriptor.PTYPE_SHIFT) & RxDescriptor.PTYPE_MASK];
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
        if ((qword1 & RxFlexDescriptor.L3L4P) == 0 || packetType >= FLAGS.length) {
            return 0;
        }
        final int good = FLAGS[packetType];
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
        int flags = 0;
        if ((good & PacketVector.FLAG_IP_CHECKSUM_GOOD) != 0) {
            flags =
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
