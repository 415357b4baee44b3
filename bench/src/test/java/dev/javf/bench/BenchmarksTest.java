package dev.javf.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.bench.vhost.GuestBenchmark;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

import java.util.Collection;
import java.util.List;

/** That every benchmark still moves its packets; how fast is not for a test to say. */
class BenchmarksTest {
    private static final int INVOCATIONS = 200;

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64})
    void shouldReceive(final int burst) {
        final RxBenchmark benchmark = new RxBenchmark();
        benchmark.burst = burst;
        run(benchmark::bound, benchmark::driver, benchmark::device);
        benchmark.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64})
    void shouldSend(final int burst) {
        final TxBenchmark benchmark = new TxBenchmark();
        benchmark.burst = burst;
        run(benchmark::bound, benchmark::driver);
        benchmark.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64})
    void shouldForward(final int burst) {
        final ForwardBenchmark benchmark = new ForwardBenchmark();
        benchmark.burst = burst;
        run(benchmark::bound, benchmark::driver);
        benchmark.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64})
    void shouldCrossTheSimulator(final int burst) {
        final SimulatorBenchmark benchmark = new SimulatorBenchmark();
        benchmark.burst = burst;
        run(benchmark::bound, () -> assertThat(benchmark.driver()).isEqualTo(1024));
        benchmark.close();
    }

    @ParameterizedTest
    @CsvSource({"split, 64", "split, 1514", "packed, 64", "packed, 1514"})
    void shouldServeAGuest(final String rings, final int bytes) {
        final GuestBenchmark benchmark = new GuestBenchmark();
        benchmark.rings = rings;
        benchmark.bytes = bytes;
        benchmark.burst = 32;
        benchmark.open();
        run(benchmark::fromGuest, benchmark::toGuest);
        benchmark.close();
    }

    @Test
    void shouldShowResultsNextToTheirBound() throws RunnerException {
        final Collection<RunResult> results =
                new Runner(
                                new OptionsBuilder()
                                        .include("RxBenchmark.(bound|driver)")
                                        .param("burst", "32")
                                        .forks(0)
                                        .warmupIterations(0)
                                        .measurementIterations(2)
                                        .measurementTime(TimeValue.milliseconds(1))
                                        .addProfiler(GCProfiler.class)
                                        .verbosity(VerboseMode.SILENT)
                                        .build())
                        .run();
        final String table = ResultTable.of(results, new Processor("A processor", 2600, 2));
        assertThat(table.lines())
                .contains("A processor, 2600 MHz, 2 processors")
                .anyMatch(line ->
                        line.matches("\\| RxBenchmark.bound \\| burst=32 \\|.*\\| 1\\.00 \\|.*"))
                .anyMatch(line ->
                        line.matches("\\| RxBenchmark.driver \\| burst=32 \\|( [0-9.]+ \\|){5}"));
    }

    @Test
    void shouldReadTheProcessor() {
        final Processor processor =
                Processor.of(
                        List.of(
                                "processor\t: 0",
                                "model name\t: Some CPU @ 2.60GHz",
                                "cpu MHz\t\t: 2600.004",
                                "",
                                "processor\t: 1",
                                "model name\t: Some CPU @ 2.60GHz",
                                "cpu MHz\t\t: 3100.000"));
        assertThat(processor).isEqualTo(new Processor("Some CPU @ 2.60GHz", 3100, 2));
        assertThat(Processor.of(List.of()).mhz()).isZero();
    }

    private static void run(final Runnable... methods) {
        for (final Runnable method : methods) {
            for (int i = 0; i < INVOCATIONS; i++) {
                method.run();
            }
        }
    }
}
