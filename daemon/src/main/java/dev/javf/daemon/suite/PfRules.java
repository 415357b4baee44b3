package dev.javf.daemon.suite;

import dev.javf.sim.PfMode;

/**
 * What is right for each kind of PF, as far as the cases differ: how many VLANs an untrusted VF
 * gets, and whether it is told when it gets no more. A PF that doesn't tell says SUCCESS and
 * installs nothing; then the VF counts VLANs as acknowledged that don't work, and cannot know.
 */
enum PfRules {
    /** Linux ice, VLAN_V2: max_filters 8. */
    ICE_V2_SVM(PfMode.ICE_V2_SVM, 8, true, 4094),
    /** Linux ice without VLAN_V2: VLAN 0 takes one of the eight places. */
    ICE_V1(PfMode.ICE_V1, 7, false, 4094),
    /** Linux ice, double VLAN mode: as many as in single VLAN mode. */
    ICE_V2_DVM(PfMode.ICE_V2_DVM, 8, true, 4094),
    /** Linux i40e: I40E_VC_MAX_VLAN_PER_VF. */
    I40E_V1(PfMode.I40E_V1, 16, false, 4094),
    /** Out-of-tree i40e, VLAN_V2: max_filters 16; trusted, its share of the hardware's. */
    I40E_V2(PfMode.I40E_V2, 16, true, 1536),
    /** ice of before May 2024: as many as today's. */
    ICE_OLD(PfMode.ICE_OLD, 8, true, 4094);

    private final PfMode mode;
    private final int vlansMax;
    private final boolean tellsLimit;
    private final int trustedVlansMax;

    PfRules(
            final PfMode mode,
            final int vlansMax,
            final boolean tellsLimit,
            final int trustedVlansMax) {
        this.mode = mode;
        this.vlansMax = vlansMax;
        this.tellsLimit = tellsLimit;
        this.trustedVlansMax = trustedVlansMax;
    }

    /** The rules of a PF by its name on the command line: {@code ice-v2-svm}. */
    static PfRules of(final String option) {
        return valueOf(PfMode.of(option).name());
    }

    String option() {
        return mode.text();
    }

    /** The simulator's side of it. */
    PfMode mode() {
        return mode;
    }

    /** VLANs of an untrusted VF that the PF installs, VLAN 0 not counted. */
    int vlansMax() {
        return vlansMax;
    }

    /** VLANs of each of two trusted VFs that the PF installs, of 4094. */
    int trustedVlansMax() {
        return trustedVlansMax;
    }

    /** Whether the PF says how many VLANs it takes, so that the VF can refuse what is too much. */
    boolean tellsLimit() {
        return tellsLimit;
    }
}
