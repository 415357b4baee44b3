package dev.javf.iavf;

/**
 * The Tx descriptors of 16 bytes: Intel Ethernet Controller E810 datasheet, "LAN transmit
 * descriptors"; X710 datasheet, "Transmit descriptor". Two little-endian quadwords each.
 *
 * <pre>
 *  data descriptor                    context descriptor, before its packet's data descriptor
 *  qword  0  buffer address           0  31..0 tunnelling, 47..32 L2TAG2
 *         1  3..0 DTYPE, 13..4 CMD,   1  3..0 DTYPE, 19..4 CMD, 47..30 TSO length, 63..50 MSS
 *            33..16 header lengths,
 *            47..34 buffer length,
 *            63..48 L2TAG1
 * </pre>
 *
 * When the device is done with a descriptor that had RS set, it sets DTYPE to 0xF; it leaves the
 * rest as it was.
 */
final class TxDescriptor {
    /** Length of a descriptor. */
    static final int BYTES = 16;

    /** Offset of quadword 0 in bytes. */
    static final int QWORD0_OFFSET = 0;

    /** Offset of quadword 1 in bytes. */
    static final int QWORD1_OFFSET = 8;

    /** Quadword 1: the bits that say what kind of descriptor it is. */
    static final long DTYPE_MASK = 0xF;

    /** {@link #DTYPE_MASK}: a data descriptor. */
    static final long DTYPE_DATA = 0x0;

    /** {@link #DTYPE_MASK}: a context descriptor. */
    static final long DTYPE_CONTEXT = 0x1;

    /** {@link #DTYPE_MASK}: the device is done with this descriptor and all before it. */
    static final long DTYPE_DONE = 0xF;

    /** Data descriptor, CMD: end of packet. */
    static final long EOP = 0x001L << 4;

    /** Data descriptor, CMD: report status, that is, write this descriptor back when done. */
    static final long RS = 0x002L << 4;

    /** Data descriptor, CMD: insert the frame check sequence. */
    static final long ICRC = 0x004L << 4;

    /** Data descriptor, CMD: insert the tag in L2TAG1. */
    static final long IL2TAG1 = 0x008L << 4;

    /** Data descriptor, CMD: the packet is IPv6. */
    static final long IIPT_IPV6 = 0x020L << 4;

    /** Data descriptor, CMD: the packet is IPv4, and its header's checksum is as it should be. */
    static final long IIPT_IPV4 = 0x040L << 4;

    /** Data descriptor, CMD: the packet is IPv4; fill in its header's checksum. */
    static final long IIPT_IPV4_CHECKSUM = 0x060L << 4;

    /** Data descriptor, CMD: fill in the TCP checksum. */
    static final long L4T_TCP = 0x100L << 4;

    /** Data descriptor, CMD: fill in the SCTP checksum. */
    static final long L4T_SCTP = 0x200L << 4;

    /** Data descriptor, CMD: fill in the UDP checksum. */
    static final long L4T_UDP = 0x300L << 4;

    /** Data descriptor, OFFSET: where the Ethernet header's length is, in 2 bytes, 7 bits. */
    static final int MACLEN_SHIFT = 16;

    /** Data descriptor, OFFSET: where the IP header's length is, in 4 bytes, 7 bits. */
    static final int IPLEN_SHIFT = 23;

    /** Data descriptor, OFFSET: where the transport header's length is, in 4 bytes, 4 bits. */
    static final int L4LEN_SHIFT = 30;

    /** Data descriptor: where the buffer's length is, 14 bits, 1 to {@link #LENGTH_MAX}. */
    static final int LENGTH_SHIFT = 34;

    /** Longest buffer of one descriptor, in bytes. */
    static final int LENGTH_MAX = 16383;

    /** Data descriptor: where L2TAG1 is, 16 bits. */
    static final int L2TAG1_SHIFT = 48;

    /** Context descriptor, CMD: cut the packet into TCP segments. */
    static final long TSO = 0x1L << 4;

    /** Context descriptor: where the payload's length is, 18 bits. */
    static final int TSO_LENGTH_SHIFT = 30;

    /** Context descriptor: where the payload of a segment is, 14 bits. */
    static final int MSS_SHIFT = 50;

    /** Context descriptor, CMD: insert the tag in L2TAG2. */
    static final long IL2TAG2 = 0x4L << 4;

    /** Context descriptor, quadword 0: where L2TAG2 is, 16 bits. */
    static final int L2TAG2_SHIFT = 32;

    /** Context descriptor, quadword 0: the outer IP header of a tunnel is one of IPv6. */
    static final long EXT_IP_IPV6 = 1;

    /** Context descriptor, quadword 0: it is one of IPv4; fill in its checksum. */
    static final long EXT_IP_IPV4_CHECKSUM = 3;

    /**
     * Context descriptor, quadword 0: where the outer IP header's length is, in 4 bytes, 6 bits.
     */
    static final int EXT_IPLEN_SHIFT = 2;

    /** Context descriptor, quadword 0: the tunnel is in UDP. */
    static final long NATT_UDP = 1L << 9;

    /** Context descriptor, quadword 0: the tunnel is GRE. */
    static final long NATT_GRE = 2L << 9;

    /**
     * Context descriptor, quadword 0: where the length from behind the outer IP header to the inner
     * one is, in 2 bytes, 7 bits.
     */
    static final int NATLEN_SHIFT = 12;

    /** Context descriptor, quadword 0: fill in the checksum of the UDP header around a tunnel. */
    static final long L4T_CS = 1L << 23;

    /** Shortest packet that the device sends; it pads to the wire's minimum itself. */
    static final int FRAME_BYTES_MIN = 17;

    /** Longest frame of the device. */
    static final int FRAME_BYTES_MAX = 9728;

    private TxDescriptor() {}
}
