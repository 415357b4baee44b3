package dev.javf.bench.ring;

import dev.javf.bench.ChildJvm;
import dev.javf.bench.TwoCpus;
import dev.javf.linux.CpuAffinity;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@code ./javf bench ring [ROUNDS]}: a ring port's rings beside Agrona's ring buffer and a bare
 * ring, in one thread and between two; what copying costs; and two processes, beside DPDK's
 * virtio-user and net_vhost where the lab has them. Samples in turns, so that what else the machine
 * does hits all of them.
 */
public final class RingComparison {
    /** The name on the command line. */
    public static final String NAME = "ring";

    private static final int ROUNDS = 3;
    private static final int SAMPLES = 60;
    private static final int[] BURSTS = {1, 8, 32, 64};
    private static final int PACKETS = 200_000;
    private static final int PACKETS_BETWEEN = 500_000;
    private static final int SAMPLES_BETWEEN = 20;

    private RingComparison() {}

    /**
     * Runs the comparison.
     *
     * @param arguments after the name: rounds of the measurements between processes, 3 unless
     *     given.
     * @throws IOException when a process can't be started.
     * @throws InterruptedException when the thread is.
     */
    public static void main(final String[] arguments) throws IOException, InterruptedException {
        if (ChildJvm.isOne()) {
            // Agrona at its best: it reads this when it is loaded.
            System.setProperty("agrona.disable.bounds.checks", "true");
            System.out.print(rings(SAMPLES, SAMPLES_BETWEEN));
            System.out.print(CopyCost.table(SAMPLES));
            return;
        }
        final int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        ChildJvm.run(RingComparison.class, NAME);
        System.out.print(ProcessPairs.table(rounds));
    }

    /** Nanoseconds for each descriptor, in one thread and between two, in Markdown. */
    static String rings(final int samples, final int samplesBetween) throws InterruptedException {
        try (Arena arena = Arena.ofShared()) {
            final List<RingContestant> contestants =
                    List.of(new JavfRing(arena), new BareRing(arena), new AgronaRing());
            final long[] next = new long[contestants.size()];
            final StringBuilder table = new StringBuilder();
            table.append(
                    "ns per descriptor of 16 bytes, written and read: fastest sample (median)\n\n"
                            + "| | burst | javf | bare descriptors | Agrona, record per packet |"
                            + " bare/javf | Agrona/javf |\n|---|--:|--:|--:|--:|--:|--:|\n");
            for (final int burst : BURSTS) {
                final double[][] ns = new double[contestants.size()][samples];
                for (int sample = -3; sample < samples; sample++) {
                    for (int i = 0; i < ns.length; i++) {
                        final double one = alone(contestants.get(i), next, i, burst);
                        if (sample >= 0) {
                            ns[i][sample] = one;
                        }
                    }
                }
                row(table, "one thread", burst, ns);
            }
            final BitSet allowed = CpuAffinity.get();
            if (allowed.cardinality() > 1 && samplesBetween > 0) {
                final TwoCpus cpus = TwoCpus.allowed();
                CpuAffinity.pin(cpus.first());
                for (final int burst : new int[] {32, 64}) {
                    final double[][] ns = new double[contestants.size()][samplesBetween];
                    for (int sample = -1; sample < samplesBetween; sample++) {
                        for (int i = 0; i < ns.length; i++) {
                            final double one =
                                    between(contestants.get(i), next, i, burst, cpus.second());
                            if (sample >= 0) {
                                ns[i][sample] = one;
                            }
                        }
                    }
                    row(table, "two threads", burst, ns);
                }
                CpuAffinity.set(allowed);
            }
            return table.append('\n').toString();
        }
    }

    private static void row(
            final StringBuilder table, final String where, final int burst, final double[][] ns) {
        table.append("| ").append(where).append(" | ").append(burst);
        for (final double[] samples : ns) {
            Arrays.sort(samples);
            table.append(
                    String.format(
                            Locale.ROOT,
                            " | %.2f (%.2f)",
                            samples[0],
                            samples[samples.length / 2]));
        }
        table.append(
                String.format(
                        Locale.ROOT,
                        " | %.2f | %.1f |%n",
                        ns[1][0] / ns[0][0],
                        ns[2][0] / ns[0][0]));
    }

    private static double alone(
            final RingContestant ring, final long[] next, final int i, final int burst) {
        final int packets = Math.max(20_000, PACKETS * burst / 64);
        final long first = next[i];
        long number = first;
        final long startNs = System.nanoTime();
        while (number - first < packets) {
            final int written = ring.write(number, burst);
            int read = 0;
            while (read < written) {
                read += ring.read(number + read, burst - read);
            }
            number += written;
        }
        next[i] = number;
        return (double) (System.nanoTime() - startNs) / (number - first);
    }

    private static double between(
            final RingContestant ring,
            final long[] next,
            final int i,
            final int burst,
            final int processor)
            throws InterruptedException {
        final long first = next[i];
        final AtomicLong startNs = new AtomicLong();
        final Thread writer =
                Thread.ofPlatform()
                        .start(() -> {
                            CpuAffinity.pin(processor);
                            startNs.set(System.nanoTime());
                            long number = first;
                            while (number - first < PACKETS_BETWEEN) {
                                number += ring.write(number, burst);
                            }
                        });
        long number = first;
        while (number - first < PACKETS_BETWEEN) {
            number += ring.read(number, burst);
        }
        final long endNs = System.nanoTime();
        writer.join();
        // The last burst may be more than was asked for.
        for (int read = ring.read(number, burst); read > 0; read = ring.read(number, burst)) {
            number += read;
        }
        next[i] = number;
        return (double) (endNs - startNs.get()) / PACKETS_BETWEEN;
    }
}
