package dev.javf.daemon.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.suite.SuiteReport.Line;
import dev.javf.daemon.suite.SuiteReport.Verdict;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * That the suite can fail: on Linux' rules of before 2026 it fails as the published log of an
 * unpatched kernel does, and fails more once it looks at the PF's table, too.
 */
class LinuxRulesSuiteTest {
    /** The published log's failures, all of them. */
    private static final Set<String> PUBLISHED =
            Set.of(
                    "state: 8 VLANs add/remove",
                    "state: stress 8 VLANs (fill to max)",
                    "state: over-limit VLAN rejected, existing survive",
                    "reset: all 8 VLANs recover after VF FLR",
                    "reset: all 8 VLANs survive PF link flap",
                    "reset: all 8 VLANs survive PF PCI FLR");

    /**
     * What fails besides, each case on a system of its own without a filter left behind: no VLAN is
     * left at the PF while the device is down, or messages are sent where none is needed; a filter
     * to be removed takes a place; a VLAN that was deleted during a reset comes back.
     */
    private static final Set<String> HIDDEN =
            Set.of(
                    "state: VLAN persists across down/up",
                    "state: 5 VLANs persist across down/up",
                    "state: 20x rapid down/up with VLAN",
                    "state: remove VLAN while down",
                    "state: down -> remove -> up",
                    "state: stress 8 VLANs (fill to max)",
                    "state: over-limit VLAN rejected, existing survive",
                    "reset: FLR during VLAN add/del (race)",
                    "ping: survives VF down/up",
                    "ping: survives 10x rapid VF flap",
                    "ping: all 3 VLANs work after down/up");

    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final SuiteReport report =
            new SuiteReport(new PrintStream(text, true, StandardCharsets.UTF_8));

    private static SuiteSystem newSystem(final boolean isMoved) {
        return new SuiteSystem(
                PfRules.ICE_V2_SVM.mode(),
                new VirtualPace(),
                (simulator, pace) -> new LinuxSuiteDriver(simulator, pace, isMoved),
                InProcessHosts::new);
    }

    private Set<String> failed() {
        final Set<String> failed = new TreeSet<>();
        for (final Line line : report.lines()) {
            if (line.verdict() == Verdict.FAIL) {
                failed.add(line.name());
            }
        }
        return failed;
    }

    @Test
    void shouldFailAsThePublishedLogDoes() throws InterruptedException {
        try (SuiteSystem system = newSystem(true)) {
            new SuiteRun(system, PfRules.ICE_V2_SVM, Strictness.VISIBLE, report).run();
        }
        final String log = text.toString(StandardCharsets.UTF_8);
        assertThat(failed()).as(log).isEqualTo(new TreeSet<>(PUBLISHED));
        assertThat(log.lines())
                .contains(
                        "  FAIL  state: 8 VLANs add/remove"
                                + "  (VF1: VLANs 100-106, expected 100-107)",
                        "  PASS 46 | FAIL 6 | SKIP 0 | TOTAL 52");
    }

    @Test
    void shouldFailMoreWhereTheHardwareIsLookedAt() throws InterruptedException {
        for (final SuiteCase suiteCase : SuiteRun.cases()) {
            try (SuiteSystem system = newSystem(false)) {
                final SuiteRun run =
                        new SuiteRun(system, PfRules.ICE_V2_SVM, Strictness.FULL, report);
                run.run(suiteCase, new Fixture(system, PfRules.ICE_V2_SVM, Strictness.FULL));
            }
        }
        assertThat(failed())
                .as(text.toString(StandardCharsets.UTF_8))
                .isEqualTo(new TreeSet<>(HIDDEN));
    }
}
