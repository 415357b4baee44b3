package dev.javf.daemon.suite;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.Ethernet;
import dev.javf.virtchnl.VlanFilterCounters;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

/**
 * A virtual function as its driver sees it, at one moment.
 *
 * @param state of its lifecycle.
 * @param isSettled whether nothing about VLANs is on its way or waiting.
 * @param wanted VLANs, refused ones included.
 * @param acknowledged VLANs that the PF has confirmed.
 * @param refused VLANs that are reported as refused.
 * @param isLinkUp as the PF last said.
 * @param vlanMessages messages about VLAN filters so far.
 */
record VfView(
        LifecycleState state,
        boolean isSettled,
        VlanSet wanted,
        VlanSet acknowledged,
        VlanSet refused,
        boolean isLinkUp,
        long vlanMessages) {
    /** Looks; for the conductor's thread. */
    static VfView of(final VirtualFunction vf) {
        VlanSet refused = VlanSet.EMPTY;
        for (final VlanRejection rejection : vf.vlans().rejections()) {
            refused = refused.plus(rejection.vlans());
        }
        final VlanFilterCounters counters = vf.vlans().counters();
        return new VfView(
                vf.state(),
                vf.vlans().isSettled() && vf.vlans().openRequests() == 0,
                vf.vlans().wanted(Ethernet.TPID_8021Q),
                vf.vlans().acknowledged(Ethernet.TPID_8021Q),
                refused,
                vf.isLinkUp(),
                counters.addBatches() + counters.deleteBatches());
    }

    /**
     * What isn't as it must be once everything has settled: what is wanted, what the driver takes
     * for acknowledged and what the PF holds are the same set, but for what the PF's limit says.
     *
     * @param expected what should be wanted.
     * @param held what the PF holds.
     * @param vlansMax how many the PF installs.
     * @param tellsLimit whether it says so.
     * @return empty if all is well.
     */
    String difference(
            final VlanSet expected,
            final VlanSet held,
            final int vlansMax,
            final boolean tellsLimit) {
        if (!wanted.equals(expected)) {
            return "wanted " + wanted + ", expected " + expected;
        }
        final int right = Math.min(expected.size(), vlansMax);
        final VlanSet granted = wanted.minus(refused);
        if (!acknowledged.equals(granted)) {
            return "acknowledged " + acknowledged + ", expected " + granted;
        }
        if (refused.size() != (tellsLimit ? expected.size() - right : 0)) {
            return "refused " + refused + " of " + wanted;
        }
        if (held.size() != right || !acknowledged.containsAll(held)) {
            return "the PF holds " + held + ", expected " + right + " of " + acknowledged;
        }
        return "";
    }
}
