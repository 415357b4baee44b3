package dev.javf.daemon;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/**
 * Watches how far apart the duty cycles of an agent are, after Aeron's DutyCycleStallTracker: the
 * longest distance, and how many were longer than is acceptable. The agent's thread measures; any
 * thread may read.
 */
final class StallTracker implements DutyCycle {
    /** Buckets of the histogram of duty cycles' times. */
    static final int BUCKETS = 24;

    /** The first bucket holds what takes less than 2 to the power of this, in nanoseconds. */
    static final int FIRST_BUCKET_BITS = 7;

    private final String name;
    private final long thresholdNs;
    private final Counter stalls;
    private final Counter beats;
    private final Counter lastBeat;
    private final Counter longest;
    private final Counter[] times;
    private final Counter busy;
    private final LatencyRecorder durations = LatencyRecorder.fixed();
    private volatile @Nullable LatencyRecorder cpuTimes;
    private boolean isStarted;
    private long lastNs;

    /**
     * Nothing measured.
     *
     * @param name the agent's.
     * @param thresholdNs from where on it is a stall, in nanoseconds.
     * @param counters of the agent.
     */
    StallTracker(final String name, final long thresholdNs, final Counters counters) {
        this.name = name;
        this.thresholdNs = thresholdNs;
        stalls = counters.counter(DaemonCounterTypes.STALLS);
        beats = counters.counter(DaemonCounterTypes.BEATS);
        lastBeat = counters.counter(DaemonCounterTypes.LAST_BEAT);
        longest = counters.counter(DaemonCounterTypes.LONGEST_BEAT);
        busy = counters.counter(DaemonCounterTypes.BUSY_CYCLES);
        times = counters.buckets(DaemonCounterTypes.CYCLE_TIMES, Counters.NONE, BUCKETS);
    }

    /** A duty cycle begins. */
    void measure(final long nowNs) {
        beats.increment();
        lastBeat.set(nowNs);
        final long distanceNs = nowNs - lastNs;
        lastNs = nowNs;
        if (!isStarted) {
            isStarted = true;
            return;
        }
        if (distanceNs > maxNs()) {
            longest.set(distanceNs);
        }
        if (distanceNs > thresholdNs) {
            stalls.add(1);
        }
    }

    /**
     * A duty cycle begins after a sleep, which is no stall.
     *
     * @param nowNs the time.
     */
    void awake(final long nowNs) {
        isStarted = false;
        measure(nowNs);
    }

    /**
     * A duty cycle has ended.
     *
     * @param durationNs how long it took.
     * @param work how much it found to do.
     */
    void took(final long durationNs, final int work) {
        times[bucket(durationNs)].increment();
        durations.record(durationNs);
        if (work > 0) {
            busy.increment();
        }
    }

    /**
     * How long the thread had a CPU in the duty cycle that has ended. The first call makes room for
     * all: those that have no such times shall have no room for them.
     *
     * @param cpuNs nanoseconds.
     */
    void used(final long cpuNs) {
        LatencyRecorder recorder = cpuTimes;
        if (recorder == null) {
            recorder = LatencyRecorder.fixed();
            cpuTimes = recorder;
        }
        recorder.record(cpuNs);
    }

    /** Which bucket a time belongs to: the last one has no end. */
    static int bucket(final long durationNs) {
        final int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, durationNs));
        return Math.clamp(bits - FIRST_BUCKET_BITS, 0, BUCKETS - 1);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long beats() {
        return beats.value();
    }

    @Override
    public long busy() {
        return busy.value();
    }

    @Override
    public LatencyRecorder durations() {
        return durations;
    }

    @Override
    public @Nullable LatencyRecorder cpuTimes() {
        return cpuTimes;
    }

    /** The longest distance so far, in nanoseconds. */
    @Override
    public long maxNs() {
        return longest.value();
    }

    /** Distances beyond the threshold so far. */
    @Override
    public long stalls() {
        return stalls.value();
    }

    /** One line for people; empty without stalls. */
    String describe() {
        final long count = stalls();
        return count == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%s stalled %d times for more than %.3f ms, at most %.3f ms",
                        name,
                        count,
                        thresholdNs / 1e6,
                        maxNs() / 1e6);
    }
}
