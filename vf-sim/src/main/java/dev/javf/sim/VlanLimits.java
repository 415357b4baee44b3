package dev.javf.sim;

/** How many VLAN filters a PF lets a VF have. */
final class VlanLimits {
    private static final int ICE_UNTRUSTED = 8;
    private static final int ICE_TRUSTED = 4096;
    private static final int I40E_UNTRUSTED = 16;

    /** Filters of a 700-series port, for MAC addresses and VLANs together. */
    private static final int I40E_PORT_FILTERS = 3072;

    private static final int I40E_UNTRUSTED_MACS = 18;

    private VlanLimits() {}

    /** What VLAN_V2 capabilities tell a VF. */
    static int maxFilters(final VfControl vf, final PfSettings pf) {
        if (!pf.mode().isI40e()) {
            return vf.host.isTrusted ? ICE_TRUSTED : ICE_UNTRUSTED;
        }
        if (!vf.host.isTrusted) {
            return I40E_UNTRUSTED;
        }
        final int virtualFunctions = pf.context().virtualFunctions();
        return Math.max(0, I40E_PORT_FILTERS - virtualFunctions * I40E_UNTRUSTED_MACS)
                        / virtualFunctions
                + I40E_UNTRUSTED_MACS;
    }

    /** Whether ice takes no further V1 filter: VLAN 0 counts as one of the eight there. */
    static boolean isIceFullForV1(final VfControl vf) {
        return !vf.host.isTrusted && vf.vlans.counted() + 1 >= ICE_UNTRUSTED;
    }

    /** Whether i40e takes no further filter. */
    static boolean isI40eFull(final VfControl vf) {
        return !vf.host.isTrusted && vf.vlans.counted() >= I40E_UNTRUSTED;
    }
}
