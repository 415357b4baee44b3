package dev.javf.daemon.suite;

import dev.javf.daemon.suite.SuiteReport.Verdict;

import java.util.ArrayList;
import java.util.List;

/**
 * Runs the cases one after the other, each from a clean start, and goes on after one has failed.
 */
final class SuiteRun {
    private static final String LAST = "dmesg: no call traces / BUGs / stalls";

    private final SuiteSystem system;
    private final PfRules rules;
    private final Strictness strictness;
    private final SuiteReport report;
    private final boolean isLoaded;

    /** Runs all cases, without load. */
    SuiteRun(
            final SuiteSystem system,
            final PfRules rules,
            final Strictness strictness,
            final SuiteReport report) {
        this(system, rules, strictness, report, false);
    }

    /**
     * A run.
     *
     * @param system all that takes part.
     * @param rules the PF's.
     * @param strictness how much has to be right.
     * @param report gets the results.
     * @param isLoaded whether the functions have all VLANs, and frames in each of them all the
     *     time; then only the cases of resets are run.
     */
    SuiteRun(
            final SuiteSystem system,
            final PfRules rules,
            final Strictness strictness,
            final SuiteReport report,
            final boolean isLoaded) {
        this.system = system;
        this.rules = rules;
        this.strictness = strictness;
        this.report = report;
        this.isLoaded = isLoaded;
    }

    /** All cases but the last, which is about the whole run. */
    static List<SuiteCase> cases() {
        final List<SuiteCase> cases = new ArrayList<>(StateCases.all());
        cases.addAll(ResetCases.all());
        cases.addAll(PingCases.all());
        return cases;
    }

    /**
     * Runs all 52, or 12 and the last under load.
     *
     * @throws InterruptedException when the run is being ended.
     */
    void run() throws InterruptedException {
        final KernelLog kernelLog = new KernelLog();
        report.begin(
                List.of(
                        "VF1:  " + system.function(0).name() + " -> " + system.hosts().name(0),
                        "VF2:  " + system.function(1).name() + " -> " + system.hosts().name(1),
                        "PF:   " + system.simulator().name() + " (" + rules.option() + ")",
                        "MAX:  " + rules.vlansMax() + " user VLANs per VF",
                        "LOAD: "
                                + (isLoaded
                                        ? "trusted, "
                                                + rules.trustedVlansMax()
                                                + " VLANs, frames in each"
                                        : "none")));
        final Fixture fixture = new Fixture(system, rules, strictness);
        for (final SuiteCase suiteCase : isLoaded ? ResetCases.all() : cases()) {
            run(suiteCase, fixture);
        }
        runLast(kernelLog);
        report.end();
    }

    /** Runs one case from a clean start. */
    void run(final SuiteCase suiteCase, final Fixture fixture) throws InterruptedException {
        try {
            fixture.reset();
            if (isLoaded) {
                fixture.beginLoad(suiteCase.own());
            }
            suiteCase.body().run(fixture);
            fixture.endLoad();
            final String trouble = system.trouble();
            report.add(
                    trouble.isEmpty() ? Verdict.PASS : Verdict.FAIL,
                    suiteCase.name(),
                    trouble.isEmpty() ? fixture.takeNote() : trouble);
        } catch (final CaseFailedException e) {
            fixture.takeNote();
            report.add(Verdict.FAIL, suiteCase.name(), String.valueOf(e.getMessage()));
        }
    }

    private void runLast(final KernelLog kernelLog) throws InterruptedException {
        String trouble = system.hosts().isKernel() ? kernelLog.trouble() : "";
        trouble = trouble.isEmpty() ? system.trouble() : trouble;
        for (int side = 0; side < 2 && trouble.isEmpty(); side++) {
            trouble = system.driverTrouble(side);
        }
        report.add(trouble.isEmpty() ? Verdict.PASS : Verdict.FAIL, LAST, trouble);
    }
}
