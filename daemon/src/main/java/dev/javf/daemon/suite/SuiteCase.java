package dev.javf.daemon.suite;

/**
 * One case of the suite.
 *
 * @param name as in the published log of iavf_vlan_state.sh.
 * @param body what is done and checked.
 */
record SuiteCase(String name, Body body) {
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
