package dev.javf.bench.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.SimulatedDelays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The promised ratios. The clock is virtual, so they are the same on every machine and however busy
 * it is.
 */
class ControlBenchmarksTest {
    private static final long STEP_NS = 5_000;
    private static final long RESET_STEP_NS = 20_000;

    private static Measurement only(final List<Measurement> measurements) {
        assertThat(measurements).hasSize(1);
        return measurements.getFirst();
    }

    private static Measurement add(final Rule rule, final int vlans, final int samples) {
        final VlanBenchmark benchmark = new VlanBenchmark(STEP_NS, SimulatedDelays.TYPICAL);
        benchmark.add(rule, vlans, samples);
        return only(benchmark.measurements());
    }

    private static Measurement downUp(final Rule rule, final int vlans) {
        final VlanBenchmark benchmark = new VlanBenchmark(STEP_NS, SimulatedDelays.TYPICAL);
        benchmark.downUp(rule, vlans, 5);
        return only(benchmark.measurements());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 100, 1000, 4094})
    void shouldAddVlansWithin15PercentOfTheBound(final int vlans) {
        final Measurement added = add(Rule.JAVF, vlans, vlans > 100 ? 1 : 20);
        assertThat(added.histogram().getMaxValue())
                .isGreaterThanOrEqualTo(added.boundNs() * 99 / 100)
                .isLessThanOrEqualTo(added.boundNs() * 115 / 100);
    }

    @Test
    void shouldRecover4094VlansWithin15PercentOfTheBound() {
        final VlanBenchmark benchmark = new VlanBenchmark(STEP_NS, SimulatedDelays.TYPICAL);
        benchmark.recovery(Rule.JAVF, 4094, 2);
        final Measurement recovered = only(benchmark.measurements());
        assertThat(recovered.histogram().getMaxValue())
                .isGreaterThanOrEqualTo(recovered.boundNs() * 99 / 100)
                .isLessThanOrEqualTo(recovered.boundNs() * 115 / 100);
    }

    @Test
    void shouldAdd4094VlansAHundredTimesFasterThanOneByOneButForTheHardwaresTime() {
        final VlanBenchmark benchmark = new VlanBenchmark(STEP_NS, VlanBenchmark.NO_HARDWARE_TIME);
        benchmark.add(Rule.JAVF, 4094, 1);
        benchmark.add(Rule.SYNCHRONOUS, 4094, 1);
        assertThat(benchmark.measurements().getLast().percentileMs(50))
                .isGreaterThan(100 * benchmark.measurements().getFirst().percentileMs(50));
    }

    @Test
    void shouldGoDownAndUpAsFastWith4094VlansAsWithNone() {
        final double none = downUp(Rule.JAVF, 0).percentileMs(50);
        final double all = downUp(Rule.JAVF, 4094).percentileMs(50);
        assertThat(all / none).isBetween(0.95, 1.05);
        assertThat(downUp(Rule.LINUX, 100).percentileMs(50)).isGreaterThan(10 * none);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8})
    void shouldNoticeASilentResetWithin20MsAndBeCompleteWithin50MsOfActive(final int vlans) {
        final ResetBenchmark benchmark = new ResetBenchmark(RESET_STEP_NS);
        benchmark.run(ResetKind.SILENT_RESET, Rule.JAVF, vlans, 10);
        for (final Measurement measurement : benchmark.measurements()) {
            final long mostNs = measurement.histogram().getMaxValue();
            if (measurement.what().endsWith(ResetBenchmark.UNNOTICED)) {
                assertThat(mostNs).isLessThan(20_000_000);
            } else if (measurement.what().endsWith(ResetBenchmark.AFTER_ACTIVE)) {
                assertThat(mostNs).isLessThan(50_000_000);
            }
        }
    }

    @Test
    void shouldLetTrafficGoOnLongBeforeAllOf4094VlansAreBack() {
        final ResetBenchmark benchmark = new ResetBenchmark(RESET_STEP_NS);
        benchmark.run(ResetKind.SILENT_RESET, Rule.JAVF, 4094, 3);
        for (final Measurement measurement : benchmark.measurements()) {
            final long mostNs = measurement.histogram().getMaxValue();
            if (measurement.what().endsWith(ResetBenchmark.OUTAGE)) {
                assertThat(mostNs).isLessThan(80_000_000);
            } else if (measurement.what().endsWith(ResetBenchmark.AFTER_ACTIVE)) {
                assertThat(mostNs).isGreaterThan(400_000_000).isLessThan(430_000_000);
            }
        }
    }

    @Test
    void shouldMeasureEveryKindOfResetOnBothRules() {
        for (final ResetKind kind : ResetKind.values()) {
            for (final Rule rule : List.of(Rule.JAVF, Rule.LINUX)) {
                final ResetBenchmark benchmark = new ResetBenchmark(RESET_STEP_NS);
                benchmark.run(kind, rule, 8, 1);
                assertThat(benchmark.measurements())
                        .as("%s by %s", kind, rule)
                        .hasSize(4)
                        .allMatch(row -> row.histogram().getTotalCount() == 1);
            }
        }
    }

    @Test
    void shouldWriteTableLogAndPlot(@TempDir final Path folder) throws IOException {
        final VlanBenchmark benchmark = new VlanBenchmark(STEP_NS, SimulatedDelays.TYPICAL);
        for (final Rule rule : Rule.values()) {
            benchmark.add(rule, 8, 2);
        }
        assertThat(Report.table(benchmark.measurements()).lines())
                .hasSize(5)
                .anyMatch(line -> line.startsWith("| add | 8 | one by one | 2 |"));
        Report.writeLog(benchmark.measurements(), folder.resolve("results/vlan.hlog"));
        assertThat(Files.readAllLines(folder.resolve("results/vlan.hlog")))
                .anyMatch(line -> line.startsWith("Tag=add-8-JAVF,"));
        assertThat(Report.plot("A title", "add", benchmark.measurements()))
                .startsWith("<svg ")
                .contains("A title", "8 VLANs")
                .endsWith("</svg>\n");
    }
}
