package dev.javf.virtchnl;

import java.util.List;

/**
 * What became of a request, for each of its VLANs. The sets don't overlap, and together with the
 * rejections they are the VLANs asked for.
 *
 * @param id the request's number.
 * @param isAdd whether it was to add.
 * @param tpid the EtherType.
 * @param done added or deleted, as the PF has confirmed.
 * @param kept not deleted, because someone else wants them too.
 * @param superseded by a contrary request before the PF could confirm.
 * @param rejections those that failed, and why.
 */
public record VlanRequestResult(
        long id,
        boolean isAdd,
        int tpid,
        VlanSet done,
        VlanSet kept,
        VlanSet superseded,
        List<VlanRejection> rejections) {
    /** Copies the list. */
    public VlanRequestResult {
        rejections = List.copyOf(rejections);
    }

    /**
     * Whether nothing failed.
     *
     * @return true if there is no rejection.
     */
    public boolean isSuccess() {
        return rejections.isEmpty();
    }

    /**
     * The VLANs that failed.
     *
     * @return all rejections together.
     */
    public VlanSet rejected() {
        VlanSet rejected = VlanSet.EMPTY;
        for (final VlanRejection rejection : rejections) {
            rejected = rejected.plus(rejection.vlans());
        }
        return rejected;
    }
}
