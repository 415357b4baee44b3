package dev.javf.iavf;

/**
 * The legacy Rx descriptor of 32 bytes (RXDID 1): Intel Ethernet Controller E810 datasheet, "LAN
 * receive descriptors"; X710 datasheet, "Receive descriptor". The driver writes the read format,
 * the device overwrites it with the write-back format. Both are four little-endian quadwords.
 *
 * <pre>
 *  read format                        write-back format
 *  qword  0  packet buffer address    0  15..0 mirror status, 31..16 L2TAG1, 63..32 RSS hash
 *         1  header buffer address    1  18..0 status, 26..19 errors, 37..30 packet type,
 *            (0: no header split;        51..38 length, 62..52 header length, 63 split header
 *            bit 0 is DD)             2  15..0 extended status, 47..32 L2TAG2 (1st),
 *         2  reserved                    63..48 L2TAG2 (2nd)
 *         3  reserved                 3  flexible bytes
 * </pre>
 */
final class RxDescriptor {
    /** Length of a descriptor. */
    static final int BYTES = 32;

    /** Offset of quadword 0 in bytes: the packet buffer's address; after it L2TAG1 and the hash. */
    static final int QWORD0_OFFSET = 0;

    /** Offset of quadword 1 in bytes: the header buffer's address; after it status and length. */
    static final int QWORD1_OFFSET = 8;

    /** Offset of quadword 2 in bytes: extended status and L2TAG2. */
    static final int QWORD2_OFFSET = 16;

    /** Offset of quadword 3 in bytes: flexible bytes. */
    static final int QWORD3_OFFSET = 24;

    /** Quadword 1: the device has written this descriptor back. */
    static final long DD = 1L;

    /** Quadword 1: end of packet. Without it the packet goes on in the next descriptor. */
    static final long EOF = 1L << 1;

    /** Quadword 1: L2TAG1 holds a stripped tag. */
    static final long L2TAG1P = 1L << 2;

    /** Quadword 1: the headers were parsed and their checksums checked. */
    static final long L3L4P = 1L << 3;

    /** Quadword 1: the two bits that say what bits 63..32 of quadword 0 hold. */
    static final long FLTSTAT_MASK = 3L << 12;

    /** Quadword 1, {@link #FLTSTAT_MASK}: they hold the RSS hash. */
    static final long FLTSTAT_RSS_HASH = 3L << 12;

    /** Quadword 1: the packet came from another function of the device. */
    static final long LPBK = 1L << 14;

    /** Quadword 1: IPv6 extension headers kept the device from checking the L4 checksum. */
    static final long IPV6EXADD = 1L << 15;

    /** Quadword 1: all error bits. */
    static final long ERRORS_MASK = 0xFFL << 19;

    /** Quadword 1: error of the MAC; the packet is damaged. */
    static final long RXE = 1L << 19;

    /** Quadword 1: wrong IPv4 header checksum. */
    static final long IPE = 1L << 22;

    /** Quadword 1: wrong TCP, UDP or SCTP checksum. */
    static final long L4E = 1L << 23;

    /** Quadword 1: wrong outer IPv4 header checksum of a tunnelled packet. */
    static final long EIPE = 1L << 24;

    /** Quadword 1: longer than the longest packet that the queue was configured for. */
    static final long OVERSIZE = 1L << 25;

    /** Quadword 1: the packet type says too little about the packet to trust the checksum bits. */
    static final long PPRS = 1L << 26;

    /** Quadword 1: where the packet type is, 8 bits. */
    static final int PTYPE_SHIFT = 30;

    /** Mask of the packet type after the shift. */
    static final int PTYPE_MASK = 0xFF;

    /** Quadword 1: where the number of bytes in this buffer is, 14 bits. */
    static final int LENGTH_SHIFT = 38;

    /** Mask of the length after the shift. */
    static final int LENGTH_MASK = 0x3FFF;

    /** Quadword 0: where L2TAG1 is, 16 bits. */
    static final int L2TAG1_SHIFT = 16;

    /** Quadword 0: where the RSS hash is, 32 bits. */
    static final int HASH_SHIFT = 32;

    /** Quadword 2: L2TAG2 holds a stripped tag. */
    static final long L2TAG2P = 1L;

    /** Quadword 2: where the second L2TAG2 is, 16 bits: the outer tag of a double-tagged packet. */
    static final int L2TAG2_2ND_SHIFT = 48;

    /** Mask of a tag after the shift. */
    static final int TAG_MASK = 0xFFFF;

    private RxDescriptor() {}
}
