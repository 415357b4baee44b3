package dev.javf.virtchnl;

/**
 * The capabilities that a VF asks for and a PF grants (virtchnl.h, VIRTCHNL_VF_OFFLOAD_* and
 * VIRTCHNL_VF_CAP_*). Sets of them travel as an {@code int} of flags.
 */
public enum Capability {
    /** MAC filters and promiscuity. */
    L2(0),
    /** RDMA. */
    RDMA(1),
    /** RSS through the VF's admin queue (700 series). */
    RSS_AQ(3),
    /** RSS through the VF's registers. */
    RSS_REG(4),
    /** Write-back of descriptors on interrupt throttling, without an interrupt. */
    WB_ON_ITR(5),
    /** The VF may ask for another number of queues. */
    REQ_QUEUES(6),
    /** Link speed in Mb/s instead of a bit. */
    ADV_LINK_SPEED(7),
    /** Inline IPsec. */
    INLINE_IPSEC(8),
    /** More than 16 queue pairs. */
    LARGE_NUM_QPAIRS(9),
    /** The frame check sequence can be kept. */
    CRC(10),
    /** U32 classifier. */
    TC_U32(11),
    /** Queue groups. */
    QGRPS(12),
    /** Flow steering to queue groups. */
    FLOW_STEER_TO_QGRP(13),
    /** Flow subscription. */
    FSUB_PF(14),
    /** VLAN filters and offloads, version 2. */
    VLAN_V2(15),
    /** VLAN filters and stripping, version 1. */
    VLAN(16),
    /** Polled receive. */
    RX_POLLING(17),
    /** RSS packet types, version 2. */
    RSS_PCTYPE_V2(18),
    /** RSS through the PF. */
    RSS_PF(19),
    /** Tunnels. */
    ENCAP(20),
    /** Tunnel checksums on transmit. */
    ENCAP_CSUM(21),
    /** Tunnel checksums on receive. */
    RX_ENCAP_CSUM(22),
    /** Application device queues. */
    ADQ(23),
    /** Application device queues, version 2. */
    ADQ_V2(24),
    /** UDP segmentation. */
    USO(25),
    /** Flexible Rx descriptors. */
    RX_FLEX_DESC(26),
    /** Advanced RSS rules. */
    ADV_RSS_PF(27),
    /** Flow director rules. */
    FDIR_PF(28),
    /** Quality of service. */
    QOS(29),
    /** Device configuration function. */
    DCF(30),
    /** Precision time protocol. */
    PTP(31);

    private static final Capability[] ALL = values();

    private final int mask;

    Capability(final int bit) {
        this.mask = 1 << bit;
    }

    /**
     * The capability's flag.
     *
     * @return an int with one bit set.
     */
    public int mask() {
        return mask;
    }

    /**
     * Whether a set of flags contains this capability.
     *
     * @param flags the set.
     * @return true if its bit is set.
     */
    public boolean isIn(final int flags) {
        return (flags & mask) != 0;
    }

    /**
     * The union of capabilities.
     *
     * @param capabilities any number.
     * @return their flags.
     */
    public static int flags(final Capability... capabilities) {
        int flags = 0;
        for (final Capability capability : capabilities) {
            flags |= capability.mask;
        }
        return flags;
    }

    /**
     * The names in a set of flags.
     *
     * @param flags the set.
     * @return {@code L2|VLAN_V2|PTP}; undefined bits in hexadecimal at the end; {@code none} if
     *     empty.
     */
    public static String names(final int flags) {
        final StringBuilder names = new StringBuilder();
        int rest = flags;
        for (final Capability capability : ALL) {
            if (capability.isIn(flags)) {
                names.append(names.isEmpty() ? "" : "|").append(capability.name());
                rest &= ~capability.mask;
            }
        }
        if (rest != 0) {
            names.append(names.isEmpty() ? "0x" : "|0x").append(Integer.toHexString(rest));
        }
        return names.isEmpty() ? "none" : names.toString();
    }
}
