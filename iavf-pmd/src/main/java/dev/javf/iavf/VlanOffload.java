package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.VlanSetting;
import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

/**
 * How VLAN tags travel in descriptors and not in packets, as far as the PF offers what is wanted:
 * version 2 with outer tags where it has them (double VLAN mode), and inner ones besides, or with
 * inner tags alone where not, or version 1.
 *
 * @param version1 whether stripping is switched by version 1's messages.
 * @param stripping version 2: what to switch for Rx; null for nothing.
 * @param insertion version 2: what to switch for Tx; null for nothing.
 * @param rxLocation where a stripped tag is, once stripping is on; nowhere if it is to be off.
 * @param txLocation where a tag to insert goes, once insertion is on.
 * @param innerTags whether a second tag is stripped, too.
 */
record VlanOffload(
        boolean version1,
        @Nullable VlanSetting stripping,
        @Nullable VlanSetting insertion,
        VlanTagLocation rxLocation,
        VlanTagLocation txLocation,
        boolean innerTags) {

    /** What to use of what was granted. */
    static VlanOffload choose(final Negotiated negotiated, final VlanTags wanted) {
        if (negotiated.has(Capability.VLAN_V2)) {
            return version2(negotiated.vlans(), negotiated.vsi().vsiId(), wanted);
        }
        final boolean isOffered =
                negotiated.has(Capability.VLAN) && wanted.outerTpid() == Ethernet.TPID_8021Q;
        final VlanTagLocation location = isOffered ? VlanTagLocation.L2TAG1 : VlanTagLocation.NONE;
        return new VlanOffload(
                negotiated.has(Capability.VLAN), null, null, location, location, false);
    }

    private static VlanOffload version2(
            final VlanV2Capabilities vlans, final int vsiId, final VlanTags wanted) {
        final VlanSetting stripping = setting(vlans.stripping(), vsiId, wanted);
        final VlanSetting insertion = setting(vlans.insertion(), vsiId, wanted);
        return new VlanOffload(
                false,
                stripping,
                insertion,
                location(vlans.stripping(), stripping, wanted, VlanSupport.L2TAG2_2),
                location(vlans.insertion(), insertion, wanted, VlanSupport.L2TAG2),
                stripping != null && wanted.inner() && areBoth(stripping));
    }

    private static boolean areBoth(final VlanSetting setting) {
        return setting.outer() != 0 && setting.inner() != 0;
    }

    /** What to switch on; all that can be switched off if no tags are wanted. */
    private static @Nullable VlanSetting setting(
            final VlanV2Capabilities.Support support, final int vsiId, final VlanTags wanted) {
        final int inner = usable(support.inner(), VlanSupport.TPID_8100.mask());
        if (wanted.outerTpid() == 0) {
            return setting(usable(support.outer(), VlanSupport.TPID_8100.mask()), inner, vsiId);
        }
        final int outer = usable(support.outer(), wanted.outerBit());
        if (outer != 0) {
            return setting(outer, wanted.inner() ? inner : 0, vsiId);
        }
        return wanted.outerTpid() == Ethernet.TPID_8021Q ? setting(0, inner, vsiId) : null;
    }

    private static @Nullable VlanSetting setting(
            final int outer, final int inner, final int vsiId) {
        return (outer | inner) == 0 ? null : new VlanSetting(outer, inner, vsiId);
    }

    private static VlanTagLocation location(
            final VlanV2Capabilities.Support support,
            final @Nullable VlanSetting setting,
            final VlanTags wanted,
            final VlanSupport second) {
        if (setting == null || wanted.outerTpid() == 0) {
            return VlanTagLocation.NONE;
        }
        final int word = setting.outer() != 0 ? support.outer() : support.inner();
        // An i40e offers both for an outer tag, and uses the second.
        if (second.isIn(word)) {
            return VlanTagLocation.L2TAG2;
        }
        return VlanSupport.L2TAG1.isIn(word) ? VlanTagLocation.L2TAG1 : VlanTagLocation.NONE;
    }

    /** The EtherType's bit if tags with it can be switched, or 0. */
    private static int usable(final int word, final int tpidBit) {
        return (word & tpidBit) != 0 && VlanSupport.TOGGLE.isIn(word) ? tpidBit : 0;
    }
}
