package dev.javf.sim;

/**
 * The tunnelling parameters of a Tx context descriptor, bits 31..0 of its quadword 0: what is
 * between the link layer's header and the inner IP header.
 *
 * <pre>
 *  EXT_IP 1:0, EXT_IPLEN 7:2 (4 bytes), NATT 10:9, EIP_NOINC 11, NATLEN 18:12 (2 bytes),
 *  DECTTL 22:19, L4T_CS 23
 * </pre>
 *
 * The values of EXT_IP are those of a data descriptor's IIPT: 1 IPv6, 2 IPv4, 3 IPv4 with checksum.
 * NATT is 1 for UDP and 2 for GRE (Linux iavf driver, iavf_type.h).
 */
final class TxTunnel {
    private static final int IPV6 = 1;
    private static final int IPV4_CHECKSUM = 3;
    private static final int UDP = 1;
    private static final int GRE = 2;
    private static final int EIP_NOINC = 1 << 11;
    private static final int L4T_CS = 1 << 23;

    /** Neither a bit without meaning, nor a change of the inner TTL, which isn't modelled. */
    private static final int KNOWN_MASK = 0x87FEFF;

    private TxTunnel() {}

    private static int externalIp(final int tunnel) {
        return tunnel & 3;
    }

    private static int type(final int tunnel) {
        return tunnel >>> 9 & 3;
    }

    static boolean isThere(final int tunnel) {
        return externalIp(tunnel) != 0;
    }

    static boolean isIpv6(final int tunnel) {
        return externalIp(tunnel) == IPV6;
    }

    static boolean hasIpChecksum(final int tunnel) {
        return externalIp(tunnel) == IPV4_CHECKSUM;
    }

    static boolean isUdp(final int tunnel) {
        return type(tunnel) == UDP;
    }

    static boolean hasUdpChecksum(final int tunnel) {
        return isUdp(tunnel) && (tunnel & L4T_CS) != 0;
    }

    /** Whether each segment's outer IPv4 header gets an identification of its own. */
    static boolean countsIdentification(final int tunnel) {
        return (tunnel & EIP_NOINC) == 0;
    }

    /** Length of the outer IP header. */
    static int networkBytes(final int tunnel) {
        return (tunnel >>> 2 & 0x3F) * 4;
    }

    /** Length of all that is between the link layer's header and the inner IP header. */
    static int bytes(final int tunnel) {
        return networkBytes(tunnel) + (tunnel >>> 12 & 0x7F) * 2;
    }

    /** Whether the parameters can be those of a tunnel, or there is none. */
    static boolean isValid(final int tunnel) {
        if (!isThere(tunnel)) {
            return tunnel == 0;
        }
        final int headerBytes = bytes(tunnel) - networkBytes(tunnel);
        final boolean isHeaderGood =
                switch (type(tunnel)) {
                    case 0 -> headerBytes == 0;
                    case UDP -> headerBytes >= 8;
                    case GRE -> headerBytes >= 4;
                    default -> false;
                };
        return isHeaderGood
                && (tunnel & ~KNOWN_MASK) == 0
                && networkBytes(tunnel) >= (isIpv6(tunnel) ? 40 : 20)
                && ((tunnel & L4T_CS) == 0 || isUdp(tunnel));
    }
}
