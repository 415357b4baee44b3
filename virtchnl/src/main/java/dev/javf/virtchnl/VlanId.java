package dev.javf.virtchnl;

/**
 * What a VLAN id can be (IEEE 802.1Q, 9.6): 1..4094. 0 marks frames that carry a priority only,
 * 4095 is reserved; neither is ever put in a message.
 */
public final class VlanId {
    /** The lowest. */
    public static final int MIN = 1;

    /** The highest. */
    public static final int MAX = 4094;

    private VlanId() {}

    /**
     * Whether an id can be used.
     *
     * @param vlanId any number.
     * @return true for 1..4094.
     */
    public static boolean isValid(final int vlanId) {
        return vlanId >= MIN && vlanId <= MAX;
    }

    /**
     * Insists on an id that can be used.
     *
     * @param vlanId any number.
     * @return the same number.
     * @throws IllegalArgumentException with one line that says what is wrong, unless it is 1..4094.
     */
    public static int check(final int vlanId) {
        if (!isValid(vlanId)) {
            throw new IllegalArgumentException(refusal(Integer.toString(vlanId)));
        }
        return vlanId;
    }

    static String refusal(final String vlanId) {
        return switch (vlanId) {
            case "0" -> "VLAN 0 is no VLAN (priority-tagged frames need no filter): use 1..4094";
            case "4095" -> "VLAN 4095 is reserved by IEEE 802.1Q: use 1..4094";
            default -> "VLAN " + vlanId + " is out of range: use 1..4094";
        };
    }
}
