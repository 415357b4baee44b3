package dev.javf.virtchnl;

/**
 * One VLAN feature in one place, as bits of an {@code int} (virtchnl.h, enum
 * virtchnl_vlan_support): which EtherTypes, at which place in descriptors, and how it may be
 * switched. The EtherType bits also say what {@link VlanSetting} switches.
 */
public enum VlanSupport {
    /** EtherType 0x8100: 802.1Q. */
    TPID_8100(0x1),
    /** EtherType 0x88A8: 802.1ad. */
    TPID_88A8(0x2),
    /** EtherType 0x9100. */
    TPID_9100(0x4),
    /** The tag is in the descriptor's L2TAG1. */
    L2TAG1(0x100),
    /** The tag is in the descriptor's L2TAG2 (transmit). */
    L2TAG2(0x200),
    /** The tag is in the descriptor's second L2TAG2 (receive). */
    L2TAG2_2(0x400),
    /** Filters can contain a priority. */
    PRIO(0x01000000),
    /** Filters can contain a mask. */
    FILTER_MASK(0x10000000),
    /** Several EtherTypes can be used at once. */
    ETHERTYPE_AND(0x20000000),
    /** One of the EtherTypes can be used at a time. */
    ETHERTYPE_XOR(0x40000000),
    /** The feature can be switched on and off. */
    TOGGLE(0x80000000);

    private static final VlanSupport[] ALL = values();

    private final int mask;

    VlanSupport(final int mask) {
        this.mask = mask;
    }

    /**
     * The bit.
     *
     * @return an int with one bit set.
     */
    public int mask() {
        return mask;
    }

    /**
     * Whether a word contains this bit.
     *
     * @param word the support word.
     * @return true if it is set.
     */
    public boolean isIn(final int word) {
        return (word & mask) != 0;
    }

    /**
     * The bit of an EtherType.
     *
     * @param tpid 0x8100, 0x88A8 or 0x9100.
     * @return an int with one bit set; 0 for another EtherType, which no support word contains.
     */
    public static int maskOfTpid(final int tpid) {
        return switch (tpid) {
            case 0x8100 -> TPID_8100.mask;
            case 0x88A8 -> TPID_88A8.mask;
            case 0x9100 -> TPID_9100.mask;
            default -> 0;
        };
    }

    /**
     * The names in a word.
     *
     * @param word the support word.
     * @return {@code TPID_8100|TOGGLE}; undefined bits in hexadecimal at the end; {@code none} if
     *     0.
     */
    public static String names(final int word) {
        final StringBuilder names = new StringBuilder();
        int rest = word;
        for (final VlanSupport support : ALL) {
            if (support.isIn(word)) {
                names.append(names.isEmpty() ? "" : "|").append(support.name());
                rest &= ~support.mask;
            }
        }
        if (rest != 0) {
            names.append(names.isEmpty() ? "0x" : "|0x").append(Integer.toHexString(rest));
        }
        return names.isEmpty() ? "none" : names.toString();
    }
}
