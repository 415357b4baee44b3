package dev.javf.daemon.suite;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** The account of a run, in the format of the published log of iavf_vlan_state.sh. */
final class SuiteReport {
    private static final String RULE = "=".repeat(48);

    private final PrintStream out;
    private final List<Line> lines = new ArrayList<>();

    /** How a case went. */
    enum Verdict {
        PASS,
        FAIL,
        SKIP
    }

    /**
     * One case.
     *
     * @param verdict how it went.
     * @param name the case's.
     * @param detail empty, or what there is to say.
     */
    record Line(Verdict verdict, String name, String detail) {
        String text() {
            return "  " + verdict + "  " + name + (detail.isEmpty() ? "" : "  (" + detail + ")");
        }
    }

    SuiteReport(final PrintStream out) {
        this.out = out;
    }

    /** Says what the run is about. */
    void begin(final List<String> facts) {
        out.println(RULE);
        out.println("  iavf VLAN state machine test suite");
        out.println(RULE);
        facts.forEach(fact -> out.println("  " + fact));
        out.println(RULE);
    }

    void add(final Verdict verdict, final String name, final String detail) {
        final Line line = new Line(verdict, name, detail);
        lines.add(line);
        out.println(line.text());
        out.flush();
    }

    void end() {
        out.println(RULE);
        out.printf(
                "  PASS %d | FAIL %d | SKIP %d | TOTAL %d%n",
                count(Verdict.PASS), count(Verdict.FAIL), count(Verdict.SKIP), lines.size());
        out.println(isGood() ? "  RESULT: OK" : "  RESULT: FAIL -- check dmesg");
        out.println(RULE);
        out.flush();
    }

    List<Line> lines() {
        return List.copyOf(lines);
    }

    boolean isGood() {
        return count(Verdict.FAIL) == 0;
    }

    private long count(final Verdict verdict) {
        return lines.stream().filter(line -> line.verdict() == verdict).count();
    }
}
