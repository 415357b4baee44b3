package dev.javf.daemon;

import dev.javf.packet.Counter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Locale;

/**
 * Watches how far apart the duty cycles of an agent are, after Aeron's DutyCycleStallTracker: the
 * longest distance, and how many were longer than is acceptable. The agent's thread measures; any
 * thread may read.
 */
final class StallTracker implements DutyCycle {
    private static final VarHandle MAX_NS;

    static {
        try {
            MAX_NS = MethodHandles.lookup().findVarHandle(StallTracker.class, "maxNs", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final long thresholdNs;
    private final Counter stalls = new Counter();
    private final Counter beats = new Counter();
    private final Counter busy = new Counter();
    private final LatencyRecorder durations = LatencyRecorder.fixed();
    private boolean isStarted;
    private long lastNs;

    @SuppressWarnings("unused") // By way of MAX_NS.
    private long maxNs;

    /**
     * Nothing measured.
     *
     * @param name the agent's.
     * @param thresholdNs from where on it is a stall, in nanoseconds.
     */
    StallTracker(final String name, final long thresholdNs) {
        this.name = name;
        this.thresholdNs = thresholdNs;
    }

    /** A duty cycle begins. */
    void measure(final long nowNs) {
        beats.increment();
        final long distanceNs = nowNs - lastNs;
        lastNs = nowNs;
        if (!isStarted) {
            isStarted = true;
            return;
        }
        if (distanceNs > maxNs()) {
            MAX_NS.setOpaque(this, distanceNs);
        }
        if (distanceNs > thresholdNs) {
            stalls.add(1);
        }
    }

    /**
     * A duty cycle that was timed is over.
     *
     * @param durationNs how long it took.
     * @param busyCycles how many found something to do since the last that was timed.
     */
    void done(final long durationNs, final int busyCycles) {
        durations.record(durationNs);
        busy.add(busyCycles);
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

    /** The longest distance so far, in nanoseconds. */
    @Override
    public long maxNs() {
        return (long) MAX_NS.getOpaque(this);
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
