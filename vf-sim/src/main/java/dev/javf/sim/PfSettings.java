package dev.javf.sim;

/**
 * What holds for the whole PF: what it was made from, and what its administrator has set since. For
 * the model's thread.
 */
final class PfSettings {
    private final SimulatedPhysicalFunctionContext context;
    private boolean isLinkUp = true;
    private boolean isVlanPruning;
    private boolean isTruePromiscuous;
    private int freeQueuePairs;

    PfSettings(final SimulatedPhysicalFunctionContext context) {
        this.context = context;
        isVlanPruning = context.vfVlanPruning();
        isTruePromiscuous = context.vfTruePromiscuous();
        freeQueuePairs = context.totalQueuePairs();
    }

    SimulatedPhysicalFunctionContext context() {
        return context;
    }

    PfMode mode() {
        return context.mode();
    }

    boolean isLinkUp() {
        return isLinkUp;
    }

    void linkUp(final boolean isUp) {
        isLinkUp = isUp;
    }

    /** Whether what a VF receives is pruned to its VLANs (private flag vf-vlan-pruning). */
    boolean isVlanPruning() {
        return isVlanPruning;
    }

    void vlanPruning(final boolean isOn) {
        isVlanPruning = isOn;
    }

    /** Whether unicast promiscuity is more than "what nobody else gets". */
    boolean isTruePromiscuous() {
        return isTruePromiscuous;
    }

    void truePromiscuous(final boolean isOn) {
        isTruePromiscuous = isOn;
    }

    /** Queue pairs that no VF has. */
    int freeQueuePairs() {
        return freeQueuePairs;
    }

    void takeQueuePairs(final int count) {
        freeQueuePairs -= count;
    }

    /** Link of a VF as it is told: needs a queue enabled; then the host or the port decides. */
    boolean isLinkUp(final VfControl vf) {
        return vf.phase != VfPhase.IN_RESET
                && vf.isQueueEnabled()
                && switch (vf.host.linkMode) {
                    case AUTO -> isLinkUp;
                    case ENABLE -> true;
                    case DISABLE -> false;
                };
    }

    /** The longest frame of a VF: what a port VLAN adds is not the VF's to use. */
    int maxFrameBytes(final VfControl vf) {
        final int vlanTagBytes = 4;
        return context.maxFrameBytes() - (vf.host.portVlan == null ? 0 : vlanTagBytes);
    }
}
