package dev.javf.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Checksum insertion as a data descriptor asks for it by IIPT, L4T and OFFSET. The driver leaves
 * the sum of the pseudo-header in a TCP or UDP checksum field, and the hardware adds the rest. For
 * the switch's thread.
 */
final class TxChecksums {
    private static final int IIPT_MASK = 0x060 << 4;
    private static final int IIPT_IPV4 = 0x040 << 4;
    private static final int IIPT_IPV4_CHECKSUM = 0x060 << 4;
    private static final int L4T_MASK = 0x300 << 4;
    static final int L4T_TCP = 0x100 << 4;
    private static final int L4T_SCTP = 0x200 << 4;
    private static final int L4T_UDP = 0x300 << 4;

    private static final int IPV4_CHECKSUM_OFFSET = 10;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int SCTP_CHECKSUM_OFFSET = 8;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    TxChecksums() {}

    static boolean isWanted(final long command) {
        return (command & (IIPT_MASK | L4T_MASK)) != 0;
    }

    /** Length of the link layer's header. */
    static int linkBytes(final long command) {
        return (TxPacket.offsets(command) & 0x7F) * 2;
    }

    static int networkBytes(final long command) {
        return (TxPacket.offsets(command) >>> 7 & 0x7F) * 4;
    }

    static int transportBytes(final long command) {
        return (TxPacket.offsets(command) >>> 14 & 0xF) * 4;
    }

    static int headerBytes(final long command) {
        return linkBytes(command) + networkBytes(command) + transportBytes(command);
    }

    static boolean isTcp(final long command) {
        return (command & L4T_MASK) == L4T_TCP;
    }

    static boolean isIpv4(final long command) {
        return (command & IIPT_IPV4) != 0;
    }

    /** Whether the lengths in OFFSET can be those of the headers that are named. */
    static boolean areOffsetsValid(final long command) {
        final long network = command & IIPT_MASK;
        final int leastNetworkBytes = network == 0 ? 0 : isIpv4(command) ? 20 : 40;
        final int leastTransportBytes =
                switch ((int) (command & L4T_MASK)) {
                    case L4T_TCP -> 20;
                    case L4T_SCTP -> 12;
                    case L4T_UDP -> 8;
                    default -> 0;
                };
        return linkBytes(command) >= 14
                && networkBytes(command) >= leastNetworkBytes
                && transportBytes(command) >= leastTransportBytes
                && (network != 0 || leastTransportBytes == 0);
    }

    /**
     * Writes the checksums into the frame's header, which is a copy and holds all headers.
     *
     * @param tunnel the tunnelling parameters; 0 for none.
     * @param addend to the sum of the transport's checksum, little endian as summed up from memory.
     * @param outerAddend the same for the UDP header around a tunnel.
     */
    void insert(
            final Frame frame,
            final long command,
            final int tunnel,
            final int addend,
            final int outerAddend) {
        insertInner(frame, command, linkBytes(command) + TxTunnel.bytes(tunnel), addend);
        if (TxTunnel.hasUdpChecksum(tunnel)) {
            insertUdp(frame, linkBytes(command) + TxTunnel.networkBytes(tunnel), outerAddend);
        }
        if (TxTunnel.hasIpChecksum(tunnel)) {
            insertIp(frame.header(), linkBytes(command), TxTunnel.networkBytes(tunnel));
        }
    }

    private static void insertIp(
            final MemorySegment header, final int networkOffset, final int networkBytes) {
        header.set(SHORT, networkOffset + IPV4_CHECKSUM_OFFSET, (short) 0);
        final long sum = Checksums.sum(header, networkOffset, networkBytes);
        header.set(SHORT, networkOffset + IPV4_CHECKSUM_OFFSET, (short) ~Checksums.fold(sum));
    }

    private static void insertUdp(final Frame frame, final int transportOffset, final int addend) {
        final int sum = transportSum(frame, transportOffset, addend);
        // A computed zero is sent as all ones, zero means none (RFC 768).
        frame.header()
                .set(
                        SHORT,
                        transportOffset + UDP_CHECKSUM_OFFSET,
                        (short) (sum == 0xFFFF ? sum : ~sum));
    }

    private static void insertInner(
            final Frame frame, final long command, final int networkOffset, final int addend) {
        final MemorySegment header = frame.header();
        final int transportOffset = networkOffset + networkBytes(command);
        if ((command & IIPT_MASK) == IIPT_IPV4_CHECKSUM) {
            insertIp(header, networkOffset, networkBytes(command));
        }
        final int end = frame.storedBytes();
        switch ((int) (command & L4T_MASK)) {
            case L4T_TCP -> {
                final int sum = transportSum(frame, transportOffset, addend);
                header.set(SHORT, transportOffset + TCP_CHECKSUM_OFFSET, (short) ~sum);
            }
            case L4T_UDP -> insertUdp(frame, transportOffset, addend);
            case L4T_SCTP ->
                    header.set(
                            ValueLayout.JAVA_INT_UNALIGNED,
                            transportOffset + SCTP_CHECKSUM_OFFSET,
                            Checksums.sctp(frame, transportOffset, end));
            default -> {}
        }
    }

    private static int transportSum(
            final Frame frame, final int transportOffset, final int addend) {
        return Checksums.fold(addend + Checksums.sum(frame, transportOffset, frame.storedBytes()));
    }
}
