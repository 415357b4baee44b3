package dev.javf.bench.scaling;

import dev.javf.bench.ChildJvm;
import dev.javf.bench.Processor;
import dev.javf.bench.TwoCpus;
import dev.javf.linux.CpuAffinity;
import dev.javf.packet.PacketPool;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./javf bench scaling [ROUNDS]}: what a packet costs on its whole way through the daemon
 * with 1 to 64 VFs, 1 to 4094 VLANs, 1 to 64 ports of a VF, and with a second thread that does the
 * same. All take turns of a few milliseconds.
 */
public final class ScalingBenchmark {
    /** The name on the command line. */
    public static final String NAME = "scaling";

    private static final int ROUNDS = 200;
    private static final int BURSTS = 2_000;
    private static final int WARM_UP_ROUNDS = 20;
    private static final int RING_LENGTH = 512;
    private static final int SHORT_RING_LENGTH = 64;
    private static final int BUFFERS_OF_FUNCTION = 640;
    private static final int[] FUNCTIONS = {1, 2, 4, 8, 16, 32, 64};
    private static final int[] VLANS = {1, 8, 64, 512, 4094};
    private static final int[] PORTS = {1, 2, 8, 64};

    /** What disturbs a sample only makes it slower. */
    private static final double SHARE = 0.1;

    private final int bursts;
    private final List<Subject> subjects = new ArrayList<>();
    private final List<FunctionPath> all = new ArrayList<>();

    private ScalingBenchmark(final int bursts) {
        this.bursts = bursts;
    }

    /** Something measured: a number of something. */
    private interface Subject {
        /** What there is more of. */
        String what();

        /** How many. */
        int count();

        /** Forwards; returns nanoseconds of a packet. */
        double sample();
    }

    /**
     * Runs it in a JVM like that of the daemon.
     *
     * @param arguments after the name: rounds of samples, 200 unless given.
     * @throws IOException when the JVM can't be started.
     */
    public static void main(final String[] arguments) throws IOException {
        final int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        if (rounds < 1 || rounds > 100_000) {
            throw new IllegalArgumentException("rounds " + rounds + ": must be 1 to 100000");
        }
        if (!ChildJvm.isOne()) {
            ChildJvm.run(ScalingBenchmark.class, NAME, Integer.toString(rounds));
            return;
        }
        System.out.print(run(rounds, WARM_UP_ROUNDS, BURSTS));
    }

    /** Runs it and returns the table, in Markdown. */
    static String run(final int rounds, final int warmUpRounds, final int bursts) {
        final BitSet before = CpuAffinity.get();
        final TwoCpus cpus = TwoCpus.allowed();
        final ScalingBenchmark benchmark = new ScalingBenchmark(bursts);
        final SecondThread second = new SecondThread(cpus.second());
        try {
            CpuAffinity.pin(cpus.first());
            benchmark.make(second);
            final double[][] samples = new double[benchmark.subjects.size()][rounds];
            for (int round = -warmUpRounds; round < rounds; round++) {
                for (int i = 0; i < samples.length; i++) {
                    final double ns = benchmark.subjects.get(i).sample();
                    if (round >= 0) {
                        samples[i][round] = ns;
                    }
                }
            }
            return benchmark.table(samples);
        } finally {
            CpuAffinity.set(before);
            second.close();
            benchmark.all.forEach(FunctionPath::close);
        }
    }

    private void make(final SecondThread second) {
        makeFunctions("VFs", RING_LENGTH, BUFFERS_OF_FUNCTION);
        makeFunctions("VFs, rings of 64", SHORT_RING_LENGTH, 2 * SHORT_RING_LENGTH);
        for (final int count : VLANS) {
            subjects.add(new Paths("VLANs of a trunk", count, path(count, 1)));
        }
        for (final int count : PORTS) {
            subjects.add(new Paths("access ports of a VF", count, path(count, count)));
        }
        final Paths alone = new Paths("threads", 1, path(8, 1));
        subjects.add(alone);
        subjects.add(new Together(alone, second));
    }

    /** All of one pool, as a poller has them. */
    private void makeFunctions(final String what, final int ringLength, final int buffers) {
        final int most = FUNCTIONS[FUNCTIONS.length - 1];
        final PacketPool pool = new PacketPool("bench-scaling", most * buffers);
        final FunctionPath[] functions = new FunctionPath[most];
        Arrays.setAll(functions, i -> new FunctionPath(pool, ringLength, 8, 1));
        all.addAll(List.of(functions));
        for (final int count : FUNCTIONS) {
            subjects.add(new Paths(what, count, Arrays.copyOf(functions, count)));
        }
    }

    private FunctionPath path(final int vlans, final int ports) {
        final FunctionPath path = newPath(vlans, ports);
        all.add(path);
        return path;
    }

    private static FunctionPath newPath(final int vlans, final int ports) {
        return new FunctionPath(
                new PacketPool("bench-scaling", BUFFERS_OF_FUNCTION), RING_LENGTH, vlans, ports);
    }

    private String table(final double[][] samples) {
        final Processor processor = Processor.ofThisMachine();
        final StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%s, %.0f MHz, %d processors, load %.1f; %d rounds of %d packets, bursts of"
                                + " %d%n%n| | | ns | cycles | x the first | of rounds |%n"
                                + "|---|--:|--:|--:|--:|--:|%n",
                        processor.model(),
                        processor.mhz(),
                        processor.count(),
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                        samples[0].length,
                        bursts * FunctionPath.BURST,
                        FunctionPath.BURST));
        int first = 0;
        for (int i = 0; i < samples.length; i++) {
            final Subject subject = subjects.get(i);
            if (!subject.what().equals(subjects.get(first).what())) {
                first = i;
            }
            final double[] ratios = new double[samples[i].length];
            for (int round = 0; round < ratios.length; round++) {
                ratios[round] = samples[i][round] / samples[first][round];
            }
            final double ns = quantile(samples[i], SHARE);
            text.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %d | %.2f | %.0f | %.2f | %.2f |%n",
                            subject.what(),
                            subject.count(),
                            ns,
                            ns * processor.mhz() / 1000,
                            ns / quantile(samples[first], SHARE),
                            quantile(ratios, 0.5)));
        }
        return text.toString();
    }

    private static double quantile(final double[] values, final double share) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (share * (sorted.length - 1))];
    }

    /** Some VFs, a burst of each in turn. */
    private final class Paths implements Subject {
        private final String what;
        private final int count;
        private final FunctionPath[] paths;

        Paths(final String what, final int count, final FunctionPath... paths) {
            this.what = what;
            this.count = count;
            this.paths = paths;
        }

        @Override
        public String what() {
            return what;
        }

        @Override
        public int count() {
            return count;
        }

        @Override
        public double sample() {
            final long startNs = System.nanoTime();
            int done = 0;
            while (done < bursts) {
                for (final FunctionPath path : paths) {
                    path.turn();
                    done++;
                }
            }
            final double ns = System.nanoTime() - startNs;
            return ns / ((long) done * FunctionPath.BURST);
        }
    }

    /** What one of two threads takes for a packet while the other one forwards as well. */
    private record Together(Paths mine, SecondThread second) implements Subject {
        @Override
        public String what() {
            return mine.what();
        }

        @Override
        public int count() {
            return 2;
        }

        @Override
        public double sample() {
            second.forward(true);
            final double ns = mine.sample();
            second.forward(false);
            return ns;
        }
    }

    /** Another thread with a VF, a pool and a processor of its own, as a second poller has them. */
    private static final class SecondThread {
        private final Thread thread;
        private final FunctionPath path = newPath(8, 1);
        private volatile boolean isForwarding;
        private volatile boolean isWanted;
        private volatile boolean isClosed;

        SecondThread(final int cpu) {
            thread =
                    new Thread(
                            () -> {
                                CpuAffinity.pin(cpu);
                                run();
                            },
                            "second");
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            while (!isClosed) {
                isForwarding = isWanted;
                if (isWanted) {
                    path.turn();
                } else {
                    Thread.onSpinWait();
                }
            }
        }

        /** Has it begin or stop, and waits until it has. */
        void forward(final boolean wanted) {
            isWanted = wanted;
            while (isForwarding != wanted) {
                if (!thread.isAlive()) {
                    throw new IllegalStateException("the second thread has ended");
                }
                Thread.onSpinWait();
            }
        }

        void close() {
            isClosed = true;
            try {
                thread.join();
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            path.close();
        }
    }
}
