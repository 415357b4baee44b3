package dev.javf.sim;

import dev.javf.packet.Ethernet;

/**
 * Which VLAN tags the device strips and inserts for a VF.
 *
 * @param outerStripping TPID, 0 if none.
 * @param innerStripping TPID, 0 if none.
 * @param outerInsertion TPID, 0 if none.
 * @param innerInsertion TPID, 0 if none.
 */
public record VlanOffloadState(
        int outerStripping, int innerStripping, int outerInsertion, int innerInsertion) {
    static final VlanOffloadState NONE = new VlanOffloadState(0, 0, 0, 0);

    /**
     * What a reset leaves a VSI with: descriptors may insert tags without anybody having asked
     * (Linux ice driver, ice_set_dflt_vsi_ctx), unless the port VLAN's is the tag in question.
     */
    static VlanOffloadState afterReset(final boolean isDouble, final boolean isPortVlan) {
        return new VlanOffloadState(
                0, 0, isDouble && !isPortVlan ? Ethernet.TPID_8021Q : 0, Ethernet.TPID_8021Q);
    }

    VlanOffloadState withOuterStripping(final int tpid) {
        return new VlanOffloadState(tpid, innerStripping, outerInsertion, innerInsertion);
    }

    VlanOffloadState withInnerStripping(final int tpid) {
        return new VlanOffloadState(outerStripping, tpid, outerInsertion, innerInsertion);
    }

    VlanOffloadState withOuterInsertion(final int tpid) {
        return new VlanOffloadState(outerStripping, innerStripping, tpid, innerInsertion);
    }
}
