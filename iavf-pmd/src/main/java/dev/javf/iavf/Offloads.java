package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

/**
 * Has the PF strip and insert VLAN tags, so that they travel in descriptors. A PF that refuses, as
 * some do for a VF with a port VLAN, leaves the tags in the packets; that is no failure.
 */
final class Offloads {
    private static final String REMEDY =
            "does the VF have a port VLAN? ip link set PF vf N vlan 0 takes it away";

    private final Setting stripping1;
    private final Setting stripping2;
    private final Setting insertion2;
    private VlanTagLocation rxOffered = VlanTagLocation.NONE;
    private VlanTagLocation txOffered = VlanTagLocation.NONE;

    Offloads(final Settings settings) {
        stripping1 =
                settings.make(Opcode.ENABLE_VLAN_STRIPPING, Difference.Item.VLAN_STRIPPING, REMEDY);
        stripping2 =
                settings.make(
                        Opcode.ENABLE_VLAN_STRIPPING_V2, Difference.Item.VLAN_STRIPPING, REMEDY);
        insertion2 =
                settings.make(
                        Opcode.ENABLE_VLAN_INSERTION_V2, Difference.Item.VLAN_INSERTION, REMEDY);
    }

    /** The PF has said what it offers since the last reset. */
    void begin(final Negotiated negotiated) {
        final VlanOffload offload = VlanOffload.choose(negotiated);
        rxOffered = offload.rxLocation();
        txOffered = offload.txLocation();
        if (offload.version1()) {
            want(stripping1, null, "stripped tags");
        }
        if (offload.stripping() != null) {
            want(stripping2, offload.stripping(), "stripped tags");
        }
        if (offload.insertion() != null) {
            want(insertion2, offload.insertion(), "inserted tags");
        }
    }

    private static void want(
            final Setting setting, final @Nullable Message message, final String text) {
        setting.want(new Setting.Wish(message, text));
    }

    /** Where Rx descriptors carry a tag now. */
    VlanTagLocation rxLocation() {
        return stripping1.isRefused() || stripping2.isRefused() ? VlanTagLocation.NONE : rxOffered;
    }

    /** Where Tx descriptors carry a tag now. */
    VlanTagLocation txLocation() {
        return insertion2.isRefused() ? VlanTagLocation.NONE : txOffered;
    }
}
