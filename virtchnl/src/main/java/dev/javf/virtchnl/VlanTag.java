package dev.javf.virtchnl;

/**
 * Half of a VLAN filter (virtchnl.h, struct virtchnl_vlan).
 *
 * @param tci VLAN id in the low 12 bits, priority above; 0..65535.
 * @param tciMask for filters with a mask; 0..65535, usually 0.
 * @param tpid the EtherType, {@code 0x8100} for example; 0..65535. With 0 an ice PF takes the tag
 *     for absent, as it does with a TCI of 0.
 */
public record VlanTag(int tci, int tciMask, int tpid) {
    /** No tag. */
    public static final VlanTag NONE = new VlanTag(0, 0, 0);

    /** Checks the ranges. */
    public VlanTag {
        Wire.checkU16("TCI", tci);
        Wire.checkU16("TCI mask", tciMask);
        Wire.checkU16("TPID", tpid);
    }

    /**
     * A tag without mask.
     *
     * @param tpid the EtherType.
     * @param tci the VLAN id.
     */
    public VlanTag(final int tpid, final int tci) {
        this(tci, 0, tpid);
    }

    /**
     * The VLAN id.
     *
     * @return 0..4095.
     */
    public int vlanId() {
        return tci & 0xFFF;
    }

    /**
     * Whether all fields are 0.
     *
     * @return true for {@link #NONE}.
     */
    public boolean isNone() {
        return tci == 0 && tciMask == 0 && tpid == 0;
    }
}
