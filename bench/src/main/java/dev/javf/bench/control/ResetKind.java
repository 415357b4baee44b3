package dev.javf.bench.control;

import dev.javf.sim.HostAdministrator;

/** What happens to the virtual function in a reset benchmark. */
enum ResetKind {
    /** The host sets the VF's address, which resets the VF; the PF announces it. */
    VF_RESET("VF reset") {
        @Override
        void begin(final ControlRig rig) {
            rig.pf().host().mac(0, rig.snapshot().defaultMac());
        }
    },
    /** The PF is reset, and all VFs with it; the PF announces it. */
    PF_RESET("PF reset") {
        @Override
        void begin(final ControlRig rig) {
            rig.pf().host().resetPhysicalFunction();
        }
    },
    /** The host resets the VF by its PCI function; nobody is told. */
    SILENT_RESET("silent FLR") {
        @Override
        void begin(final ControlRig rig) {
            rig.pf().host().resetVirtualFunction(0);
        }
    },
    /** The port's link goes, and comes back after a tenth of a second. */
    LINK_FLAP("link flap") {
        @Override
        void begin(final ControlRig rig) {
            final HostAdministrator host = rig.pf().host();
            rig.await(host.portLink(false));
            rig.runUntil(() -> !rig.contestant().isUp());
            rig.pause(LINK_DOWN_NS);
            host.portLink(true);
        }
    };

    static final long LINK_DOWN_NS = 100_000_000;

    private final String label;

    ResetKind(final String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    abstract void begin(ControlRig rig);
}
