package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanSupport;

/** TPIDs, as virtchnl's settings name them. */
final class VlanTpid {
    private VlanTpid() {}

    /** The TPID of exactly one support bit (virtchnl.h, enum virtchnl_vlan_support); else 0. */
    static int ofBit(final int bit) {
        if (bit == VlanSupport.TPID_8100.mask()) {
            return Ethernet.TPID_8021Q;
        }
        if (bit == VlanSupport.TPID_88A8.mask()) {
            return Ethernet.TPID_8021AD;
        }
        return bit == VlanSupport.TPID_9100.mask() ? Ethernet.TPID_QINQ_OLD : 0;
    }
}
