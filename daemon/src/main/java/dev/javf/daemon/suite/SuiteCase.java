package dev.javf.daemon.suite;

import dev.javf.virtchnl.VlanSet;

/**
 * One case of the suite.
 *
 * @param name as in the published log of iavf_vlan_state.sh.
 * @param own VLANs that it adds or removes; under load it has all others besides.
 * @param body what is done and checked.
 */
record SuiteCase(String name, VlanSet own, Body body) {
    /** A case that isn't run under load. */
    SuiteCase(final String name, final Body body) {
        this(name, VlanSet.EMPTY, body);
    }

    /** What is done and checked. */
    @FunctionalInterface
    interface Body {
        /**
         * Runs the case.
         *
         * @param fixture two virtual functions that are up and have no VLAN.
         * @throws CaseFailedException when something isn't as it must be.
         * @throws InterruptedException when the run is being ended.
         */
        void run(Fixture fixture) throws InterruptedException;
    }
}
