package dev.javf.virtchnl;

/** What a MAC filter is for (virtchnl.h, VIRTCHNL_ETHER_ADDR_*): the low 2 bits of its type. */
public enum EthAddressType {
    /** Not said: the PF guesses which address is the VF's own. */
    LEGACY,
    /** The VF's own address. */
    PRIMARY,
    /** Any other address. */
    EXTRA,
    /** Not defined. */
    RESERVED;

    private static final EthAddressType[] ALL = values();

    /**
     * The type on the wire.
     *
     * @return 0..3.
     */
    public int code() {
        return ordinal();
    }

    /**
     * The type of a code.
     *
     * @param code as on the wire; bits above the low two don't count.
     * @return never null.
     */
    public static EthAddressType of(final int code) {
        return ALL[code & 3];
    }
}
