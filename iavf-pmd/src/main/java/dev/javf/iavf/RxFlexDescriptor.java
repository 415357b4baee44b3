package dev.javf.iavf;

/**
 * The flexible Rx descriptor with the NIC profile (RXDID 2) as the device writes it back; the
 * driver writes it like the legacy one ({@link RxDescriptor}). DD and EOF are where they are there.
 * E810 datasheet, "Flexible Rx descriptor"; Linux iavf driver, iavf_type.h. Constants only.
 */
final class RxFlexDescriptor {
    /** Quadword 0: where the packet type is, 10 bits. */
    static final int PTYPE_SHIFT = 16;

    /** Mask of the packet type after the shift. */
    static final int PTYPE_MASK = 0x3FF;

    /** Quadword 0: where the number of bytes in this buffer is, 14 bits. */
    static final int LENGTH_SHIFT = 32;

    /** Mask of the length after the shift. */
    static final int LENGTH_MASK = 0x3FFF;

    /** Quadword 1: the headers were parsed and their checksums checked. */
    static final long L3L4P = 1L << 3;

    /** Quadword 1: wrong IPv4 header checksum. */
    static final long IPE = 1L << 4;

    /** Quadword 1: wrong TCP, UDP or SCTP checksum. */
    static final long L4E = 1L << 5;

    /** Quadword 1: wrong outer IPv4 header checksum of a tunnelled packet. */
    static final long EIPE = 1L << 6;

    /** Quadword 1: wrong checksum of the UDP header around a tunnelled packet. */
    static final long EUDPE = 1L << 7;

    /** Quadword 1: the packet came from another function of the device. */
    static final long LPBK = 1L << 8;

    /** Quadword 1: IPv6 extension headers kept the device from checking the L4 checksum. */
    static final long IPV6EXADD = 1L << 9;

    /** Quadword 1: error of the MAC; the packet is damaged. */
    static final long RXE = 1L << 10;

    /** Quadword 1: the RSS hash is valid. */
    static final long RSS_VALID = 1L << 12;

    /** Quadword 1: L2TAG1 holds a stripped tag. */
    static final long L2TAG1P = 1L << 13;

    /** Quadword 1: where L2TAG1 is, 16 bits. */
    static final int L2TAG1_SHIFT = 16;

    /** Quadword 1: where the RSS hash is, 32 bits. */
    static final int HASH_SHIFT = 32;

    /** Quadword 2: the second L2TAG2 holds a stripped tag. */
    static final long L2TAG2P = 1L << 11;

    /** Quadword 2: the timestamp is valid. */
    static final long TIMESTAMP_VALID = 1L << 24;

    /** Quadword 3: where the timestamp is, 32 bits: the low ones of nanoseconds. */
    static final int TIMESTAMP_SHIFT = 32;

    private RxFlexDescriptor() {}
}
