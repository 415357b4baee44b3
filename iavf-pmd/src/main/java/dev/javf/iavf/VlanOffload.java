package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.VlanSetting;
import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

/**
 * How VLAN tags travel in descriptors and not in packets, as far as the PF offers it: version 2
 * with outer tags where it has them (double VLAN mode) and inner tags where not, or version 1. The
 * EtherType is 0x8100 both ways, which every PF that offers anything offers.
 *
 * @param version1 whether stripping is switched by ENABLE_VLAN_STRIPPING.
 * @param stripping version 2: what to switch on for Rx; null for nothing.
 * @param insertion version 2: what to switch on for Tx; null for nothing.
 * @param rxLocation where a stripped tag is, once stripping is on.
 * @param txLocation where a tag to insert goes, once insertion is on.
 */
record VlanOffload(
        boolean version1,
        @Nullable VlanSetting stripping,
        @Nullable VlanSetting insertion,
        VlanTagLocation rxLocation,
        VlanTagLocation txLocation) {

    /** What to use of what was granted. */
    static VlanOffload choose(final Negotiated negotiated) {
        if (negotiated.has(Capability.VLAN_V2)) {
            return version2(negotiated.vlans(), negotiated.vsi().vsiId());
        }
        if (negotiated.has(Capability.VLAN)) {
            return new VlanOffload(
                    true, null, null, VlanTagLocation.L2TAG1, VlanTagLocation.L2TAG1);
        }
        return new VlanOffload(false, null, null, VlanTagLocation.NONE, VlanTagLocation.NONE);
    }

    private static VlanOffload version2(final VlanV2Capabilities vlans, final int vsiId) {
        final VlanV2Capabilities.Support stripping = vlans.stripping();
        final VlanV2Capabilities.Support insertion = vlans.insertion();
        return new VlanOffload(
                false,
                setting(stripping, vsiId),
                setting(insertion, vsiId),
                location(stripping, VlanSupport.L2TAG2_2),
                location(insertion, VlanSupport.L2TAG2));
    }

    private static @Nullable VlanSetting setting(
            final VlanV2Capabilities.Support support, final int vsiId) {
        final int tpid = VlanSupport.TPID_8100.mask();
        if (isUsable(support.outer())) {
            return new VlanSetting(tpid, 0, vsiId);
        }
        return isUsable(support.inner()) ? new VlanSetting(0, tpid, vsiId) : null;
    }

    private static VlanTagLocation location(
            final VlanV2Capabilities.Support support, final VlanSupport second) {
        final int word =
                isUsable(support.outer())
                        ? support.outer()
                        : isUsable(support.inner()) ? support.inner() : 0;
        // An i40e offers both for an outer tag, and uses the second.
        if (second.isIn(word)) {
            return VlanTagLocation.L2TAG2;
        }
        return VlanSupport.L2TAG1.isIn(word) ? VlanTagLocation.L2TAG1 : VlanTagLocation.NONE;
    }

    private static boolean isUsable(final int word) {
        return VlanSupport.TPID_8100.isIn(word) && VlanSupport.TOGGLE.isIn(word);
    }
}
