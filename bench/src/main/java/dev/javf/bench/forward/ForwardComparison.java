package dev.javf.bench.forward;

import dev.javf.bench.ChildJvm;
import dev.javf.bench.DeviceRings;
import dev.javf.bench.TwoCpus;
import dev.javf.linux.CpuAffinity;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * {@code ./javf bench forward [same|second|frames] [ROUNDS]}: what a packet costs this driver, a C
 * program that does the same work ({@code forward.c}), and the way of ixy's driver, at bursts of 1
 * to 256. One run, samples of a few milliseconds in turn, so that whatever else the machine does
 * hits all of them. Where the device is another thread, the speed of a cache line between the two
 * processors is measured before and after each sample: a sample during which it changed is left
 * out, and each speed has a table of its own.
 */
public final class ForwardComparison {
    /** The name on the command line. */
    public static final String NAME = "forward";

    static final int BURST_MAX = 256;

    /** Polls in vain after which a device that is another thread is taken for dead. */
    static final long PATIENCE_POLLS = 1_000_000_000L;

    private static final int[] BURSTS = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    private static final int ROUNDS = 60;
    private static final int WARM_UP_PACKETS = 1_000_000;
    private static final int SAMPLE_PACKETS = 200_000;

    /** A busy machine gets fewer rounds, not more time. */
    private static final long TIME_LIMIT_NS = 120_000_000_000L;

    private ForwardComparison() {}

    /**
     * Runs the comparison in a JVM like that of the daemon.
     *
     * @param arguments after the name: where the device is, same unless given; rounds of samples,
     *     60 unless given.
     * @throws IOException when the JVM can't be started, or the C program not be loaded.
     */
    public static void main(final String[] arguments) throws IOException {
        final Place place = arguments.length > 1 ? Place.of(arguments[1]) : Place.SAME;
        final int rounds = arguments.length > 2 ? rounds(arguments[2]) : ROUNDS;
        if (!ChildJvm.isOne()) {
            ChildJvm.run(ForwardComparison.class, NAME, place.word(), Integer.toString(rounds));
            return;
        }
        System.out.print(run(place, rounds, BURSTS));
    }

    private static int rounds(final String text) {
        final int rounds = Integer.parseInt(text);
        if (rounds < 1 || rounds > 100_000) {
            throw new IllegalArgumentException(
                    "'" + text + "' rounds of samples: must be 1 to 100000");
        }
        return rounds;
    }

    /** Runs it and returns the tables, in Markdown. */
    static String run(final Place place, final int rounds, final int... bursts) throws IOException {
        final List<Contestant> contestants = new ArrayList<>();
        final CContestant c = CContestant.load();
        if (c == null) {
            System.out.println(
                    "C left out: there was no gcc when this was built (apt install gcc, build"
                            + " again)");
        } else {
            contestants.add(c);
        }
        contestants.add(new JavfContestant());
        contestants.add(new IxyContestant());
        final BitSet allowed = CpuAffinity.get();
        final @Nullable SecondCore device = place == Place.SAME ? null : secondCore();
        try {
            final Sample[][][] samples = new Turns(place, contestants, device).run(rounds, bursts);
            final List<String> names = contestants.stream().map(Contestant::name).toList();
            return ForwardTable.of(place, names, samples, bursts);
        } finally {
            if (device != null) {
                device.close();
                CpuAffinity.set(allowed);
            }
            contestants.forEach(Contestant::close);
        }
    }

    /** Keeps this thread on one processor, and the device on another. */
    private static SecondCore secondCore() {
        final TwoCpus cpus = TwoCpus.allowed();
        CpuAffinity.pin(cpus.first());
        return new SecondCore(cpus.second());
    }

    /** The samples. */
    private static final class Turns {
        private static final com.sun.management.ThreadMXBean THREADS =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

        private final List<Contestant> contestants;
        private final @Nullable SecondCore device;
        private final List<DeviceRings> rings = new ArrayList<>();
        private double beforeNs;

        Turns(
                final Place place,
                final List<Contestant> contestants,
                final @Nullable SecondCore device) {
            this.contestants = contestants;
            this.device = device;
            for (final Contestant contestant : contestants) {
                rings.add(contestant.rings(place == Place.FRAMES));
            }
        }

        Sample[][][] run(final int rounds, final int... bursts) {
            for (int i = 0; i < contestants.size(); i++) {
                for (final int burst : bursts) {
                    sample(i, burst, WARM_UP_PACKETS / bursts.length);
                }
            }
            final Sample[][][] samples = new Sample[bursts.length][contestants.size()][rounds];
            final long startNs = System.nanoTime();
            int round = 0;
            while (round < rounds && (round == 0 || System.nanoTime() - startNs < TIME_LIMIT_NS)) {
                for (int b = 0; b < bursts.length; b++) {
                    for (int i = 0; i < contestants.size(); i++) {
                        samples[b][i][round] = sample(i, bursts[b], packets(bursts[b]));
                    }
                }
                round++;
            }
            for (final Sample[][] burst : samples) {
                for (int i = 0; i < burst.length; i++) {
                    burst[i] = Arrays.copyOf(burst[i], round);
                }
            }
            return samples;
        }

        /** A few milliseconds' worth, whatever the burst. */
        private static int packets(final int burst) {
            return Math.min(SAMPLE_PACKETS, 20_000 + 4_000 * burst);
        }

        private Sample sample(final int i, final int burst, final int packets) {
            final Contestant contestant = contestants.get(i);
            if (device != null) {
                device.serve(rings.get(i));
            }
            final long allocated = THREADS.getCurrentThreadAllocatedBytes();
            final double ns = contestant.run(burst, packets, device == null);
            final double bytes =
                    (double) (THREADS.getCurrentThreadAllocatedBytes() - allocated) / packets;
            double afterNs = 0;
            if (device != null) {
                device.serve(null);
                afterNs = device.roundTripNs();
            }
            final Sample sample = new Sample(ns, contestant.burstFound(), bytes, beforeNs, afterNs);
            beforeNs = afterNs;
            return sample;
        }
    }
}
