package dev.javf.bench.latency;

import dev.javf.bench.ChildJvm;
import dev.javf.bench.HistogramLog;
import dev.javf.bench.Processor;
import dev.javf.bench.TwoCpus;
import dev.javf.bench.control.ControlLoad;
import dev.javf.daemon.plot.PercentilePlot;
import dev.javf.linux.CpuAffinity;

import org.HdrHistogram.Histogram;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./javf bench latency [ROUNDS [FOLDER]]}: how long packets take at 10, 50 and 90 % of the
 * highest rate, alone and while a control plane in the same process is asked for 10,000 VLANs a
 * second, on another processor. A meter of what the system does to the thread stands beside. All
 * take turns of half a second.
 */
public final class LatencyBenchmark {
    /** The name on the command line. */
    public static final String NAME = "latency";

    private static final int ROUNDS = 20;
    private static final long SLICE_NS = 500_000_000;
    private static final long WARM_UP_NS = 2_000_000_000;
    private static final int REQUESTS_PER_SECOND = 10_000;
    private static final int[] SHARES = {0, 10, 50, 90};
    private static final double[] PERCENTILES = {50, 99, 99.9, 99.99, 99.999, 99.9999};
    private static final String[] LOADS = {"alone", "10,000 VLANs a second"};
    private static final String[] COLOURS = {"#0b6e4f", "#c2570c"};

    private final Histogram[][] histograms = new Histogram[LOADS.length][SHARES.length];

    /** Of each round the 99.99th percentile, by load and share. */
    private final double[][][] tails;

    private double capacity;
    private double requestsPerSecond;
    private double megabytesPerSecond;
    private int rounds;

    private LatencyBenchmark(final int rounds) {
        tails = new double[LOADS.length][SHARES.length][rounds];
    }

    /**
     * Runs it in a JVM like that of the daemon.
     *
     * @param arguments after the name: rounds, 20 unless given; a folder for the results,
     *     bench/target/results unless given.
     * @throws IOException when the JVM can't be started, or the results not be written.
     */
    public static void main(final String[] arguments) throws IOException {
        final int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        if (rounds < 1 || rounds > 10_000) {
            throw new IllegalArgumentException("rounds " + rounds + ": must be 1 to 10000");
        }
        final String folder = arguments.length > 2 ? arguments[2] : "bench/target/results";
        if (!ChildJvm.isOne()) {
            ChildJvm.run(LatencyBenchmark.class, NAME, Integer.toString(rounds), folder);
            return;
        }
        System.out.print(run(rounds, SLICE_NS, WARM_UP_NS, Path.of(folder)));
    }

    /**
     * Runs it and returns the table, in Markdown; a log and a picture go into a folder.
     *
     * @param rounds turns of each.
     * @param sliceNs how long a turn takes.
     * @param warmUpNs how long to run before.
     */
    static String run(final int rounds, final long sliceNs, final long warmUpNs, final Path folder)
            throws IOException {
        final LatencyBenchmark benchmark = new LatencyBenchmark(rounds);
        benchmark.measure(rounds, sliceNs, warmUpNs);
        final String table = benchmark.table();
        Files.createDirectories(folder);
        benchmark.writeFiles(folder);
        Files.writeString(folder.resolve("latency.md"), table);
        return table;
    }

    private void measure(final int wantedRounds, final long sliceNs, final long warmUpNs) {
        final TwoCpus cpus = TwoCpus.allowed();
        final BitSet before = CpuAffinity.get();
        for (final Histogram[] load : histograms) {
            for (int share = 0; share < SHARES.length; share++) {
                load[share] = LatencyLoop.newHistogram();
            }
        }
        final Histogram interval = LatencyLoop.newHistogram();
        try (LatencyLoop loop = new LatencyLoop();
                ControlLoad control = new ControlLoad(cpus.second(), REQUESTS_PER_SECOND)) {
            CpuAffinity.pin(cpus.first());
            control.on(true);
            loop.capacity(warmUpNs, interval);
            loop.run(1_000_000, warmUpNs, interval);
            control.on(false);
            for (int i = 0; i < 3; i++) {
                capacity = Math.max(capacity, loop.capacity(sliceNs, interval));
            }
            long controlNs = 0;
            long requests = 0;
            long bytes = 0;
            while (rounds < wantedRounds) {
                for (int load = 0; load < LOADS.length; load++) {
                    control.on(load > 0);
                    final long startNs = System.nanoTime();
                    final long requestsBefore = control.requests();
                    final long bytesBefore = control.allocatedBytes();
                    for (int share = 0; share < SHARES.length; share++) {
                        interval.reset();
                        if (SHARES[share] == 0) {
                            LatencyLoop.meter(sliceNs, interval);
                        } else {
                            loop.run(capacity * SHARES[share] / 100, sliceNs, interval);
                        }
                        histograms[load][share].add(interval);
                        tails[load][share][rounds] = interval.getValueAtPercentile(99.99);
                    }
                    if (load > 0) {
                        controlNs += System.nanoTime() - startNs;
                        requests += control.requests() - requestsBefore;
                        bytes += control.allocatedBytes() - bytesBefore;
                    }
                }
                rounds++;
            }
            requestsPerSecond = requests * 1e9 / controlNs;
            megabytesPerSecond = bytes * 1e3 / controlNs;
        } finally {
            CpuAffinity.set(before);
        }
    }

    private String table() {
        final Processor processor = Processor.ofThisMachine();
        final StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%s, %.0f MHz, %d processors, load %.1f; %d rounds; capacity %.2f million"
                                + " packets a second; control plane: %.0f requests and %.1f MB"
                                + " allocated a second%n%n| us | million/s | samples |",
                        processor.model(),
                        processor.mhz(),
                        processor.count(),
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        rounds,
                        capacity / 1e6,
                        requestsPerSecond,
                        megabytesPerSecond));
        for (final double percentile : PERCENTILES) {
            text.append(' ').append(percentile).append(" % |");
        }
        text.append(" max | 99.99 % x alone | of rounds |\n|---|");
        text.append("--:|".repeat(PERCENTILES.length + 5)).append('\n');
        for (int share = 0; share < SHARES.length; share++) {
            for (int load = 0; load < LOADS.length; load++) {
                row(text, share, load);
            }
        }
        return text.toString();
    }

    private static String name(final int share) {
        return SHARES[share] == 0 ? "meter, no packets" : SHARES[share] + " % of the capacity";
    }

    private void row(final StringBuilder text, final int share, final int load) {
        final Histogram histogram = histograms[load][share];
        text.append("| ").append(name(share)).append(", ").append(LOADS[load]);
        text.append(
                String.format(
                        Locale.ROOT,
                        " | %.2f | %d |",
                        SHARES[share] == 0 ? 1 : capacity * SHARES[share] / 1e8,
                        histogram.getTotalCount()));
        for (final double percentile : PERCENTILES) {
            // With fewer samples than that it would be the slowest one again.
            text.append(
                    histogram.getTotalCount() * (100 - percentile) < 99.9
                            ? " - |"
                            : micros(histogram.getValueAtPercentile(percentile)));
        }
        text.append(micros(histogram.getMaxValue()));
        if (load == 0) {
            text.append(" | |\n");
            return;
        }
        final double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            ratios[round] = tails[load][share][round] / tails[0][share][round];
        }
        java.util.Arrays.sort(ratios);
        text.append(
                String.format(
                        Locale.ROOT,
                        " %.2f | %.2f |%n",
                        (double) histogram.getValueAtPercentile(99.99)
                                / histograms[0][share].getValueAtPercentile(99.99),
                        ratios[rounds / 2]));
    }

    private static String micros(final long ns) {
        return String.format(Locale.ROOT, ns < 10_000 ? " %.2f |" : " %.0f |", ns / 1e3);
    }

    private void writeFiles(final Path folder) throws IOException {
        final List<Histogram> all = new ArrayList<>();
        final List<PercentilePlot.Panel> panels = new ArrayList<>();
        for (int share = 0; share < SHARES.length; share++) {
            final List<PercentilePlot.Curve> lines = new ArrayList<>();
            for (int load = 0; load < LOADS.length; load++) {
                final Histogram histogram = histograms[load][share];
                histogram.setTag(
                        (SHARES[share] == 0 ? "meter" : SHARES[share] + "-percent")
                                + (load == 0 ? "-alone" : "-control"));
                all.add(histogram);
                lines.add(new PercentilePlot.Curve(LOADS[load], COLOURS[load], histogram));
            }
            panels.add(new PercentilePlot.Panel(name(share), lines, 0));
        }
        HistogramLog.write(all, folder.resolve("latency.hlog"));
        Files.writeString(
                folder.resolve("latency.svg"),
                PercentilePlot.svg(
                        "A packet's way through Rx and Tx queue, from when it was due", panels));
    }
}
