package dev.javf.daemon.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.javf.daemon.suite.SuiteReport.Line;
import dev.javf.daemon.suite.SuiteReport.Verdict;
import dev.javf.sim.PfMode;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** The VLAN suite against every kind of PF, and once with the kernel's hosts and ping. */
class VlanSuiteTest {
    private static final String SILENT_EIGHT =
            "the PF says SUCCESS to 8 and installs 7, as it should";

    /** Where another outcome is right than "all are there", by mode and case. */
    private static final Map<PfMode, Map<String, String>> OTHER_OUTCOMES =
            Map.of(
                    PfMode.ICE_V1,
                    Map.of(
                            "state: 8 VLANs add/remove", SILENT_EIGHT,
                            "state: stress 8 VLANs (fill to max)", SILENT_EIGHT,
                            "state: over-limit VLAN rejected, existing survive",
                                    "the PF says SUCCESS and installs none beyond 7, as it should",
                            "reset: all 8 VLANs recover after VF FLR", SILENT_EIGHT,
                            "reset: all 8 VLANs survive PF link flap", SILENT_EIGHT,
                            "reset: all 8 VLANs survive PF PCI FLR", SILENT_EIGHT),
                    PfMode.I40E_V1,
                    Map.of(
                            "state: over-limit VLAN rejected, existing survive",
                            "the PF says SUCCESS and installs none beyond 16, as it should"),
                    PfMode.I40E_V2,
                    Map.of("state: over-limit VLAN rejected, existing survive", "the limit is 16"));

    private static SuiteReport run(
            final PfMode mode,
            final Pace pace,
            final boolean isKernel,
            final boolean isLoaded,
            final PrintStream out)
            throws InterruptedException {
        final SuiteReport report = new SuiteReport(out);
        final PfRules rules = PfRules.valueOf(mode.name());
        try (SuiteSystem system =
                new SuiteSystem(
                        rules.mode(),
                        pace,
                        JavfDriver::new,
                        pool -> isKernel ? new TapHosts(pool) : new InProcessHosts(pool))) {
            new SuiteRun(system, rules, Strictness.FULL, report, isLoaded).run();
        }
        return report;
    }

    private static PrintStream into(final ByteArrayOutputStream text) {
        return new PrintStream(text, true, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldPassEveryCaseWithTheOutcomeThatIsRightForThePf(final PfMode mode)
            throws InterruptedException {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        final SuiteReport report = run(mode, new VirtualPace(), false, false, into(text));

        assertThat(report.lines())
                .as(text.toString(StandardCharsets.UTF_8))
                .hasSize(52)
                .allMatch(line -> line.verdict() == Verdict.PASS);
        final Map<String, String> others = new TreeMap<>();
        for (final Line line : report.lines()) {
            if (!line.detail().isEmpty()) {
                others.put(line.name(), line.detail());
            }
        }
        assertThat(others)
                .containsExactlyInAnyOrderEntriesOf(OTHER_OUTCOMES.getOrDefault(mode, Map.of()));
    }

    @Test
    void shouldLoseFramesInsideTheOutageOnlyWith4094VlansAndTrafficInEach()
            throws InterruptedException {
        passUnderLoad(PfMode.ICE_V2_SVM);
    }

    @Tag("proof")
    @ParameterizedTest
    @EnumSource(PfMode.class)
    void shouldLoseFramesInsideTheOutageOnlyWithEveryPf(final PfMode mode)
            throws InterruptedException {
        passUnderLoad(mode);
    }

    /** A flow's checks are tested in {@link TrafficTest}. */
    private static void passUnderLoad(final PfMode mode) throws InterruptedException {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        final SuiteReport report = run(mode, new VirtualPace(), false, true, into(text));

        assertThat(report.lines())
                .as(text.toString(StandardCharsets.UTF_8))
                .hasSize(13)
                .allMatch(line -> line.verdict() == Verdict.PASS);
        assertThat(report.lines().subList(0, 12))
                .allMatch(line -> line.name().startsWith("reset: "))
                .allMatch(line -> line.detail().matches("\\d+ flows, \\d+ frames, .*"));
    }

    @Test
    void shouldBeAsThePageOnFidelityRecordsIt() throws Exception {
        final SuiteReport report =
                run(
                        PfMode.ICE_V2_SVM,
                        new VirtualPace(),
                        false,
                        false,
                        into(new ByteArrayOutputStream()));

        assertThat(SuiteTable.read().rows().stream().map(row -> row.name() + " " + row.javf()))
                .containsExactlyElementsOf(
                        report.lines().stream()
                                .map(line -> line.name() + " " + line.verdict())
                                .toList());
    }

    @Test
    void shouldPassBetweenNetworkNamespacesWithTheKernelsPing() throws InterruptedException {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ping");
        Machine.needsCommand("nsenter");
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        run(PfMode.ICE_V2_SVM, new WallClockPace(), true, false, into(text));

        assertThat(text.toString(StandardCharsets.UTF_8).lines())
                .contains("  PASS 52 | FAIL 0 | SKIP 0 | TOTAL 52", "  RESULT: OK");
    }

    @Test
    void shouldReportInThePublishedLogsFormat() {
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        final SuiteReport report = new SuiteReport(into(text));
        report.add(Verdict.PASS, "state: basic add/remove", "");
        report.add(Verdict.FAIL, "state: 8 VLANs add/remove", "only 7 created");
        report.end();

        assertThat(text.toString(StandardCharsets.UTF_8).lines())
                .containsSequence(
                        "  PASS  state: basic add/remove",
                        "  FAIL  state: 8 VLANs add/remove  (only 7 created)",
                        "=".repeat(48),
                        "  PASS 1 | FAIL 1 | SKIP 0 | TOTAL 2",
                        "  RESULT: FAIL -- check dmesg");
        assertThat(report.isGood()).isFalse();
    }

    @Test
    void shouldHaveRulesForEveryMode() {
        for (final PfRules rules : PfRules.values()) {
            assertThat(PfRules.of(rules.option())).isEqualTo(rules);
        }
        assertThat(Arrays.stream(PfRules.values()).map(PfRules::mode))
                .containsExactlyInAnyOrder(PfMode.values());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PfRules.of("ixgbe"))
                .withMessage(
                        "PF 'ixgbe': use one of ice-v2-svm, ice-v1, ice-v2-dvm, i40e-v1, i40e-v2,"
                                + " ice-old");
    }
}
