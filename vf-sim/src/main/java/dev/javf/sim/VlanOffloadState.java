package dev.javf.sim;

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

    VlanOffloadState withOuterStripping(final int tpid) {
        return new VlanOffloadState(tpid, innerStripping, outerInsertion, innerInsertion);
    }

    VlanOffloadState withInnerStripping(final int tpid) {
        return new VlanOffloadState(outerStripping, tpid, outerInsertion, innerInsertion);
    }

    VlanOffloadState withOuterInsertion(final int tpid) {
        return new VlanOffloadState(outerStripping, innerStripping, tpid, innerInsertion);
    }

    VlanOffloadState withInnerInsertion(final int tpid) {
        return new VlanOffloadState(outerStripping, innerStripping, outerInsertion, tpid);
    }
}
