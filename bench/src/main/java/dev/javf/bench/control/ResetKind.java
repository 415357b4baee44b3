package dev.javf.bench.control;

import dev.javf.sim.HostAdministrator;

/** What happens to the virtual function in a reset benchmark. */
enum ResetKind {
    /** The host sets the VF's address, which resets the VF; the PF announces it. */
    VF_RESET("VF reset") {
        @Override
        long begin(final ControlRig rig) {
            rig.pf().host().mac(0, rig.snapshot().defaultMac());
            return NOT_YET;
        }
    },
    /** The PF is reset, and all VFs with it; the PF announces it. */
    PF_RESET("PF reset") {
        @Override
        long begin(final ControlRig rig) {
            rig.pf().host().resetPhysicalFunction();
            return NOT_YET;
        }
    },
    /** The host resets the VF by its PCI function; nobody is told. */
    SILENT_RESET("silent FLR") {
        @Override
        long begin(final ControlRig rig) {
            rig.pf().host().resetVirtualFunction(0);
            return NOT_YET;
        }
    },
    /** The port's link goes, and comes back after a tenth of a second. */
    LINK_FLAP("link flap") {
        @Override
        long begin(final ControlRig rig) {
            final HostAdministrator host = rig.pf().host();
            rig.await(host.portLink(false));
            rig.runUntil(() -> !rig.contestant().isUp());
            final long noticedNs = rig.nowNs();
            rig.pause(LINK_DOWN_NS);
            host.portLink(true);
            return noticedNs;
        }
    };

    /** The contestant hasn't noticed anything when {@link #begin} returns. */
    static final long NOT_YET = -1;

    private static final long LINK_DOWN_NS = 100_000_000;

    private final String label;

    ResetKind(final String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /**
     * Lets it happen.
     *
     * @param rig where.
     * @return when the contestant noticed, or {@link #NOT_YET}.
     */
    abstract long begin(ControlRig rig);
}
