package dev.javf.virtchnl;

/** What a MAC filter is for (virtchnl.h, VIRTCHNL_ETHER_ADDR_*): the low 2 bits of its type. */
public enum EthAddressType {
    /** Not said: the PF guesses which address is the VF's own. */
    LEGACY(0),
    /** The VF's own address. */
    PRIMARY(1),
    /** Any other address. */
    EXTRA(2),
    /** Not defined. */
    RESERVED(3);

    private static final EthAddressType[] ALL = values();

    private final int code;

    EthAddressType(final int code) {
        this.code = code;
    }

    /**
     * The type on the wire.
     *
     * @return 0..3.
     */
    public int code() {
        return code;
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
