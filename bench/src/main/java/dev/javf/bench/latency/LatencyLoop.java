package dev.javf.bench.latency;

import dev.javf.bench.DescriptorRig;
import dev.javf.bench.DeviceRings;
import dev.javf.packet.PacketVector;

import org.HdrHistogram.Histogram;

import java.util.SplittableRandom;

/**
 * A device to which packets come at random (Poisson) times that nothing can hold up, and a poller
 * that sends each back: one thread. A packet's latency is from the time that it was due, whether or
 * not the thread was there then, until the device has fetched it; so what stops the thread is
 * charged to every packet that was due meanwhile.
 */
final class LatencyLoop implements AutoCloseable {
    /** Longest time that a histogram takes. */
    static final long HIGHEST_NS = 60_000_000_000L;

    private static final int BURST = 64;
    private static final int WAITING_MAX = 1 << 20;
    private static final int GAPS = 1 << 16;
    private static final long METER_INTERVAL_NS = 1_000;

    private final DescriptorRig rig = new DescriptorRig();
    private final DeviceRings device = rig.rings(true);
    private final PacketVector vector = new PacketVector(BURST);

    /** When packets were due, from the first that isn't sent. */
    private final long[] dueNs = new long[WAITING_MAX];

    /** Times between two packets, of mean 1. */
    private final double[] gaps = new double[GAPS];

    private long due;
    private long arrived;
    private long sent;

    LatencyLoop() {
        final SplittableRandom random = new SplittableRandom(1);
        double sum = 0;
        for (int i = 0; i < GAPS; i++) {
            gaps[i] = -Math.log(1 - random.nextDouble());
            sum += gaps[i];
        }
        for (int i = 0; i < GAPS; i++) {
            gaps[i] *= GAPS / sum;
        }
    }

    static Histogram newHistogram() {
        return new Histogram(HIGHEST_NS, 3);
    }

    /**
     * Packets a second when there are always enough.
     *
     * @param durationNs how long to try.
     */
    double capacity(final long durationNs, final Histogram histogram) {
        final long startNs = System.nanoTime();
        final long before = sent;
        long nowNs = startNs;
        while (nowNs - startNs < durationNs) {
            nowNs = System.nanoTime();
            while (due - arrived < BURST) {
                dueNs[(int) due++ & WAITING_MAX - 1] = nowNs;
            }
            turn(histogram);
        }
        drain(histogram);
        return (sent - before) * 1e9 / (System.nanoTime() - startNs);
    }

    /**
     * Has packets come at a rate.
     *
     * @param packetsPerSecond the rate.
     * @param durationNs how long.
     * @param histogram gets their latencies, in nanoseconds.
     */
    void run(final double packetsPerSecond, final long durationNs, final Histogram histogram) {
        final double intervalNs = 1e9 / packetsPerSecond;
        final long startNs = System.nanoTime();
        double next = 0;
        int gap = 0;
        double nowNs = 0;
        while (nowNs < durationNs) {
            nowNs = System.nanoTime() - startNs;
            while (next <= nowNs && due - sent < WAITING_MAX) {
                dueNs[(int) due++ & WAITING_MAX - 1] = startNs + (long) next;
                next += intervalNs * gaps[gap++ & GAPS - 1];
            }
            turn(histogram);
        }
        drain(histogram);
    }

    /**
     * The same thread without any packets: how late it is for something that is due each
     * microsecond. What a system does to a thread, whatever the thread does.
     */
    static void meter(final long durationNs, final Histogram histogram) {
        final long startNs = System.nanoTime();
        long nextNs = 0;
        long nowNs = 0;
        while (nowNs < durationNs) {
            nowNs = System.nanoTime() - startNs;
            while (nextNs <= nowNs) {
                histogram.recordValue(nowNs - nextNs);
                nextNs += METER_INTERVAL_NS;
            }
        }
    }

    private void drain(final Histogram histogram) {
        while (sent < due) {
            turn(histogram);
        }
    }

    private void turn(final Histogram histogram) {
        arrived += device.arrive((int) Math.min(due - arrived, BURST));
        rig.rx().receive(vector);
        rig.tx().transmit(vector);
        final int done = device.send(BURST);
        if (done > 0) {
            final long nowNs = System.nanoTime();
            for (int i = 0; i < done; i++) {
                histogram.recordValue(nowNs - dueNs[(int) sent++ & WAITING_MAX - 1]);
            }
        }
    }

    @Override
    public void close() {
        rig.close();
    }
}
