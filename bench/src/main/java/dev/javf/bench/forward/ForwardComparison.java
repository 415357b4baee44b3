package dev.javf.bench.forward;

import dev.javf.bench.Processor;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./javf bench forward}: what a packet costs this driver, a C program that does the same
 * work ({@code forward.c}), and the way of ixy's driver, at bursts of 1 to 256. One run, samples of
 * a few milliseconds in turn, so that whatever else the machine does hits all of them; compared are
 * the fastest samples, and the median of the ratios of neighbouring samples.
 */
public final class ForwardComparison {
    /** The name on the command line. */
    public static final String NAME = "forward";

    static final int BURST_MAX = 256;

    private static final int[] BURSTS = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    private static final int ROUNDS = 60;
    private static final int WARM_UP_PACKETS = 2_000_000;
    private static final int SAMPLE_PACKETS = 200_000;
    private static final String CHILD_PROP_NAME = "javf.bench.forward.child";

    private ForwardComparison() {}

    /**
     * Runs the comparison in a JVM like that of the daemon.
     *
     * @param arguments after the name: rounds of samples, 60 unless given.
     * @throws IOException when the JVM or gcc can't be started.
     */
    public static void main(final String[] arguments) throws IOException {
        final int rounds = arguments.length > 1 ? rounds(arguments[1]) : ROUNDS;
        if (Boolean.getBoolean(CHILD_PROP_NAME)) {
            final Path folder = Files.createTempDirectory("javf-forward");
            try {
                System.out.print(run(folder, rounds, BURSTS));
            } finally {
                for (final File file :
                        java.util.Objects.requireNonNull(folder.toFile().listFiles())) {
                    Files.delete(file.toPath());
                }
                Files.delete(folder);
            }
            return;
        }
        final Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                "-Djavf.disable.checks=true",
                                "-D" + CHILD_PROP_NAME + "=true",
                                "-XX:+UseZGC",
                                "-Xms256m",
                                "-Xmx256m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ForwardComparison.class.getName(),
                                NAME,
                                Integer.toString(rounds))
                        .inheritIO()
                        .start();
        try {
            final int status = child.waitFor();
            if (status != 0) {
                throw new IOException("the comparison ended with status " + status);
            }
        } catch (final InterruptedException e) {
            child.destroy();
            Thread.currentThread().interrupt();
        }
    }

    private static int rounds(final String text) {
        final int rounds = Integer.parseInt(text);
        if (rounds < 1 || rounds > 100_000) {
            throw new IllegalArgumentException(
                    "'" + text + "' rounds of samples: must be 1 to 100000");
        }
        return rounds;
    }

    /** Runs it and returns the table, in Markdown. */
    static String run(final Path folder, final int rounds, final int... bursts) throws IOException {
        try (Contestant c = CContestant.start(folder);
                Contestant javf = new JavfContestant();
                Contestant ixy = new IxyContestant()) {
            final List<Contestant> contestants = List.of(c, javf, ixy);
            for (final Contestant contestant : contestants) {
                for (final int burst : bursts) {
                    contestant.run(burst, WARM_UP_PACKETS / bursts.length);
                }
            }
            final double[][][] samples = new double[bursts.length][contestants.size()][rounds];
            for (int round = 0; round < rounds; round++) {
                for (int b = 0; b < bursts.length; b++) {
                    for (int i = 0; i < contestants.size(); i++) {
                        samples[b][i][round] = contestants.get(i).run(bursts[b], SAMPLE_PACKETS);
                    }
                }
            }
            return table(contestants, samples, bursts);
        }
    }

    private static String table(
            final List<Contestant> contestants, final double[][][] samples, final int[] bursts) {
        final Processor processor = Processor.ofThisMachine();
        final StringBuilder table = new StringBuilder();
        table.append(
                String.format(
                        Locale.ROOT,
                        "%s, %.0f MHz, %d processors, load %.1f; %d rounds of %d packets%n%n",
                        processor.model(),
                        processor.mhz(),
                        processor.count(),
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                                .getSystemLoadAverage(),
                        samples[0][0].length,
                        SAMPLE_PACKETS));
        final List<String> head = new ArrayList<>(List.of("burst"));
        for (final Contestant contestant : contestants) {
            head.add(contestant.name() + " ns");
            head.add("cycles");
            head.add("x C");
            head.add("x C median");
        }
        table.append("| ").append(String.join(" | ", head)).append(" |\n|");
        table.append("--:|".repeat(head.size())).append('\n');
        for (int b = 0; b < bursts.length; b++) {
            table.append("| ").append(bursts[b]);
            final double c = min(samples[b][0]);
            for (int i = 0; i < contestants.size(); i++) {
                final double[] ratios = new double[samples[b][i].length];
                for (int round = 0; round < ratios.length; round++) {
                    ratios[round] = samples[b][i][round] / samples[b][0][round];
                }
                Arrays.sort(ratios);
                final double ns = min(samples[b][i]);
                table.append(
                        String.format(
                                Locale.ROOT,
                                " | %.2f | %.0f | %.2f | %.2f",
                                ns,
                                ns * processor.mhz() / 1000,
                                ns / c,
                                ratios[ratios.length / 2]));
            }
            table.append(" |\n");
        }
        return table.toString();
    }

    private static double min(final double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }
}
