package dev.javf.daemon.suite;

import java.util.List;

/** The names of the suite's cases, for the same cases with another driver. */
public final class SuiteNames {
    private SuiteNames() {}

    /**
     * All cases but the last.
     *
     * @return in their order.
     */
    public static List<String> all() {
        return SuiteRun.cases().stream().map(SuiteCase::name).toList();
    }
}
