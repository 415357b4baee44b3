package dev.javf.bench.control;

import dev.javf.sim.SimulatedDelays;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Runs the benchmarks of the control plane: {@code vlan} and {@code reset}. They run on a virtual
 * clock, and {@code vlan} runs once more on the system's, where the driver's own work counts.
 */
public final class ControlBenchmarks {
    private static final long VLAN_STEP_NS = 5_000;
    private static final long RESET_STEP_NS = 20_000;
    private static final int[] ADD_COUNTS = {1, 8, 100, 1000, 4094};

    /**
     * On the system's clock, for each of these counts: enough for a percentile of 99.999, 99.99 ...
     */
    private static final int[] WALL_SAMPLES = {100_000, 10_000, 300, 30, 5};

    private static final int[] DOWN_UP_COUNTS = {0, 8, 100, 4094};
    private static final int[] RESET_COUNTS = {0, 8, 4094};

    /** VLANs in all samples of a row together, at most. */
    private static final int VLANS_PER_ROW = 400_000;

    private final int samplesMax;
    private final Path folder;

    private ControlBenchmarks(final int samplesMax, final Path folder) {
        this.samplesMax = samplesMax;
        this.folder = folder;
    }

    /**
     * Whether a name is one of a benchmark of the control plane.
     *
     * @param name the first argument.
     * @return whether {@link #main} takes it.
     */
    public static boolean isName(final String name) {
        return name.equals("vlan") || name.equals("reset");
    }

    /**
     * Runs a benchmark.
     *
     * @param arguments {@code vlan} or {@code reset}, then perhaps the most samples for a row in
     *     virtual time (1000 unless given) and a folder for the results (bench/target/results
     *     unless given).
     * @throws IOException when the results can't be written.
     */
    public static void main(final String[] arguments) throws IOException {
        final int samples = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1000;
        if (samples < 1) {
            throw new IllegalArgumentException("samples " + samples + ": must be more than 0");
        }
        final Path folder = Path.of(arguments.length > 2 ? arguments[2] : "bench/target/results");
        final ControlBenchmarks benchmarks = new ControlBenchmarks(samples, folder);
        if (arguments[0].equals("vlan")) {
            benchmarks.vlan();
        } else {
            benchmarks.reset();
        }
    }

    private int samples(final Rule rule, final int vlans) {
        // Linux sends its last filters two by two, which takes 40 s for 4094.
        final int most = rule == Rule.LINUX && vlans > 1000 ? 10 : samplesMax;
        return Math.max(1, Math.min(most, VLANS_PER_ROW / Math.max(vlans, 1)));
    }

    private void vlan() throws IOException {
        final VlanBenchmark virtual = new VlanBenchmark(VLAN_STEP_NS, SimulatedDelays.TYPICAL);
        for (final int vlans : ADD_COUNTS) {
            for (final Rule rule : Rule.values()) {
                virtual.add(rule, vlans, samples(rule, vlans));
            }
        }
        for (final int vlans : DOWN_UP_COUNTS) {
            for (final Rule rule : List.of(Rule.JAVF, Rule.LINUX)) {
                virtual.downUp(rule, vlans, samples(rule, vlans));
            }
        }
        for (final Rule rule : Rule.values()) {
            virtual.recovery(rule, 4094, Math.min(50, samples(rule, 4094)));
        }
        write("vlan", "Virtual time: the protocol alone", virtual.measurements());
        plot(
                "vlan",
                "Adding VLANs, until the PF has confirmed the last one (virtual time)",
                virtual.measurements());

        final VlanBenchmark mailbox =
                new VlanBenchmark(VLAN_STEP_NS, VlanBenchmark.NO_HARDWARE_TIME);
        for (final Rule rule : Rule.values()) {
            mailbox.add(rule, 4094, Math.min(3, samples(rule, 4094)));
        }
        write("vlan-mailbox", "Virtual time, hardware that takes none", mailbox.measurements());

        final VlanBenchmark wall = new VlanBenchmark(0, SimulatedDelays.TYPICAL);
        for (int i = 0; i < ADD_COUNTS.length; i++) {
            wall.addInTurns(
                    List.of(Rule.JAVF, Rule.SYNCHRONOUS),
                    ADD_COUNTS[i],
                    Math.min(WALL_SAMPLES[i], samplesMax * 100));
        }
        write("vlan-wall-clock", "The system's clock, one thread", wall.measurements());
        plot(
                "vlan-wall-clock",
                "Adding VLANs, until the PF has confirmed the last one (the system's clock)",
                wall.measurements());
    }

    private void reset() throws IOException {
        final ResetBenchmark benchmark = new ResetBenchmark(RESET_STEP_NS);
        for (final ResetKind kind : ResetKind.values()) {
            for (final int vlans : RESET_COUNTS) {
                for (final Rule rule : List.of(Rule.JAVF, Rule.LINUX)) {
                    final int samples = Math.min(100, samples(rule, vlans));
                    benchmark.run(
                            kind,
                            rule,
                            vlans,
                            rule == Rule.LINUX ? Math.min(samples, 20) : samples);
                }
            }
        }
        write("reset", "Virtual time", benchmark.measurements());
    }

    private void plot(final String name, final String title, final List<Measurement> measurements)
            throws IOException {
        final Path file = folder.resolve(name + ".svg");
        Files.writeString(file, Report.plot(title, "add", measurements));
        System.out.println("plot: " + file);
    }

    private void write(final String name, final String title, final List<Measurement> measurements)
            throws IOException {
        final String table =
                String.format(Locale.ROOT, "%s%n%n%s%n", title, Report.table(measurements));
        System.out.println(table);
        Report.writeLog(measurements, folder.resolve(name + ".hlog"));
        Files.writeString(folder.resolve(name + ".md"), table);
    }
}
