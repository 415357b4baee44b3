package dev.javf.bench;

import dev.javf.bench.control.ControlBenchmarks;
import dev.javf.bench.forward.ForwardComparison;
import dev.javf.bench.latency.LatencyBenchmark;
import dev.javf.bench.loss.LossAndOrder;
import dev.javf.bench.ring.RingComparison;
import dev.javf.bench.scaling.FirstSecond;
import dev.javf.bench.scaling.ScalingBenchmark;
import dev.javf.daemon.service.ClientLoad;
import dev.javf.daemon.service.Soak;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

import java.io.IOException;
import java.util.Collection;

/** Runs the benchmarks with JMH, takes JMH's arguments, and ends with a table of its own. */
public final class Benchmarks {
    private Benchmarks() {}

    /**
     * Runs benchmarks.
     *
     * @param arguments {@code vlan} or {@code reset} for those of the control plane; {@code
     *     forward} for the one next to C, {@code latency} for how long packets take, {@code
     *     scaling} for what they cost with more of everything, {@code start} for the first second,
     *     {@code ring} for ring ports, {@code soak} for everything at once and for long, {@code
     *     clients} for hundreds of the control socket; otherwise as for JMH, where {@code -h} lists
     *     them.
     * @throws IOException when JMH can't read its list of benchmarks.
     * @throws RunnerException when a benchmark fails.
     * @throws CommandLineOptionException when an argument is wrong.
     * @throws InterruptedException when the thread is.
     */
    public static void main(final String[] arguments)
            throws IOException, RunnerException, CommandLineOptionException, InterruptedException {
        if (arguments.length > 0 && ControlBenchmarks.isName(arguments[0])) {
            ControlBenchmarks.main(arguments);
            return;
        }
        if (arguments.length > 0 && ForwardComparison.NAME.equals(arguments[0])) {
            ForwardComparison.main(arguments);
            return;
        }
        if (arguments.length > 0 && LatencyBenchmark.NAME.equals(arguments[0])) {
            LatencyBenchmark.main(arguments);
            return;
        }
        if (arguments.length > 0 && LossAndOrder.NAME.equals(arguments[0])) {
            LossAndOrder.main(arguments);
            return;
        }
        if (arguments.length > 0 && RingComparison.NAME.equals(arguments[0])) {
            RingComparison.main(arguments);
            return;
        }
        if (arguments.length > 0 && ScalingBenchmark.NAME.equals(arguments[0])) {
            ScalingBenchmark.main(arguments);
            return;
        }
        if (arguments.length > 0 && FirstSecond.NAME.equals(arguments[0])) {
            FirstSecond.main(arguments);
            return;
        }
        if (arguments.length > 0 && IdleComparison.NAME.equals(arguments[0])) {
            IdleComparison.main(arguments);
            return;
        }
        if (arguments.length > 0 && Soak.NAME.equals(arguments[0])) {
            ChildJvm.run(Soak.class, arguments);
            return;
        }
        if (arguments.length > 0 && ClientLoad.NAME.equals(arguments[0])) {
            ChildJvm.run(ClientLoad.class, arguments);
            return;
        }
        final CommandLineOptions options = new CommandLineOptions(arguments);
        if (options.shouldHelp()
                || options.shouldList()
                || options.shouldListWithParams()
                || options.shouldListProfilers()
                || options.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(arguments);
            return;
        }
        final Collection<RunResult> results =
                new Runner(
                                new OptionsBuilder()
                                        .parent(options)
                                        .addProfiler(GCProfiler.class)
                                        .build())
                        .run();
        System.out.println();
        System.out.print(ResultTable.of(results, Processor.ofThisMachine()));
    }
}
