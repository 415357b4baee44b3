package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanSetting;

import org.jspecify.annotations.Nullable;

/**
 * Has the PF strip and insert VLAN tags, so that they travel in descriptors, or leave them in the
 * packets. A PF that refuses, as some do for a VF with a port VLAN, leaves the tags in the packets;
 * that is no failure.
 */
final class Offloads {
    private static final String REMEDY =
            "does the VF have a port VLAN? ip link set PF vf N vlan 0 takes it away";
    private static final String NOT_OFFERED = "the PF offers no such tags";
    private static final String NO_INNER_TAGS =
            "the PF isn't in double VLAN mode, and tells no inner tags apart";

    private final VlanTags wanted;
    private final Setting stripping1;
    private final Setting stripping2;
    private final Setting insertion2;
    private VlanTagLocation rxOffered = VlanTagLocation.NONE;
    private VlanTagLocation txOffered = VlanTagLocation.NONE;
    private boolean innerOffered;

    Offloads(final Settings settings, final VlanTags wanted) {
        this.wanted = wanted;
        final boolean isOn = wanted.outerTpid() != 0;
        final Difference.Item stripping = Difference.Item.VLAN_STRIPPING;
        stripping1 =
                settings.make(
                        isOn ? Opcode.ENABLE_VLAN_STRIPPING : Opcode.DISABLE_VLAN_STRIPPING,
                        stripping,
                        REMEDY);
        stripping2 =
                settings.make(
                        isOn ? Opcode.ENABLE_VLAN_STRIPPING_V2 : Opcode.DISABLE_VLAN_STRIPPING_V2,
                        stripping,
                        REMEDY);
        insertion2 =
                settings.make(
                        isOn ? Opcode.ENABLE_VLAN_INSERTION_V2 : Opcode.DISABLE_VLAN_INSERTION_V2,
                        Difference.Item.VLAN_INSERTION,
                        REMEDY);
    }

    /** The PF has said what it offers since the last reset. */
    void begin(final Negotiated negotiated) {
        final VlanOffload offload = VlanOffload.choose(negotiated, wanted);
        rxOffered = offload.rxLocation();
        txOffered = offload.txLocation();
        innerOffered = offload.innerTags();
        if (offload.version1()) {
            want(stripping1, null, rxOffered, wanted.inner());
        } else {
            want(stripping2, offload.stripping(), rxOffered, wanted.inner() && !innerOffered);
            want(
                    insertion2,
                    offload.insertion(),
                    txOffered,
                    wanted.inner()
                            && (offload.insertion() == null || offload.insertion().inner() == 0));
        }
    }

    private void want(
            final Setting setting,
            final @Nullable VlanSetting message,
            final VlanTagLocation location,
            final boolean lacksInner) {
        final boolean isOffered = location != VlanTagLocation.NONE || wanted.outerTpid() == 0;
        if (isOffered && (message != null || setting == stripping1)) {
            setting.doubt(lacksInner ? NO_INNER_TAGS : "");
            setting.want(new Setting.Wish(message, wanted.toString()));
        } else if (!isOffered && !wanted.equals(VlanTags.DEFAULT)) {
            setting.unavailable(wanted.toString(), NOT_OFFERED);
        }
    }

    /** Where Rx descriptors carry a tag now. */
    VlanTagLocation rxLocation() {
        return stripping1.isRefused() || stripping2.isRefused() ? VlanTagLocation.NONE : rxOffered;
    }

    /** Where Tx descriptors carry a tag now. */
    VlanTagLocation txLocation() {
        return insertion2.isRefused() ? VlanTagLocation.NONE : txOffered;
    }

    /** Whether Rx descriptors carry a second tag now. */
    boolean innerTags() {
        return innerOffered && !stripping2.isRefused();
    }
}
