package dev.javf.daemon;

import org.jspecify.annotations.Nullable;

/** How the duty cycles of a thread go. Any thread may ask, and disturbs nobody. */
public interface DutyCycle {
    /** The thread's name. */
    String name();

    /** Rises while the thread lives, by 1 for each 16 duty cycles. */
    long beats();

    /** The longest time between two beats so far, in nanoseconds. */
    long maxNs();

    /** Times between two beats that were stalls. */
    long stalls();

    /** Of the beats' own duty cycles those that found something to do: 1 for each 16 of them. */
    long busy();

    /** How long the beats' own duty cycles took: one in 16. */
    LatencyRecorder durations();

    /**
     * How long the thread itself had a CPU in the beats' own duty cycles: what other threads and
     * processes took isn't in it. The conductor's only; null otherwise.
     */
    @Nullable LatencyRecorder cpuTimes();
}
