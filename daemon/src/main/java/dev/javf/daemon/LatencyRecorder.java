package dev.javf.daemon;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.TimeUnit;

/**
 * How long something took: in fixed buckets, which add up over daemons and time, and in an
 * HdrHistogram, whose quantiles since the start are true to 1 %. One thread records, any may read
 * and doesn't hold it up.
 */
public final class LatencyRecorder {
    private static final int DIGITS = 2;
    private static final long LONGEST_NS = TimeUnit.MINUTES.toNanos(1);

    private final BucketHistogram buckets = BucketHistogram.ofTimes();
    private final SingleWriterRecorder recorder;
    private final long longestNs;
    private final Histogram total;
    private @Nullable Histogram interval;

    private LatencyRecorder(
            final SingleWriterRecorder recorder, final Histogram total, final long longestNs) {
        this.recorder = recorder;
        this.total = total;
        this.longestNs = longestNs;
    }

    /** One that grows with what it records, for threads that may allocate. */
    public static LatencyRecorder growing() {
        return new LatencyRecorder(
                new SingleWriterRecorder(DIGITS), new Histogram(DIGITS), Long.MAX_VALUE / 4);
    }

    /** One that allocates nothing when it records; more than a minute counts as a minute. */
    public static LatencyRecorder fixed() {
        return new LatencyRecorder(
                new SingleWriterRecorder(LONGEST_NS, DIGITS),
                new Histogram(LONGEST_NS, DIGITS),
                LONGEST_NS);
    }

    /**
     * Records a time. One thread.
     *
     * @param ns nanoseconds; what is negative counts as 0.
     */
    public void record(final long ns) {
        buckets.record(ns);
        recorder.recordValue(Math.clamp(ns, 0, longestNs));
    }

    /** The times in buckets. */
    public BucketHistogram buckets() {
        return buckets;
    }

    /**
     * What has been recorded so far.
     *
     * @return the caller's own.
     */
    public synchronized Histogram snapshot() {
        interval = recorder.getIntervalHistogram(interval);
        total.add(interval);
        return total.copy();
    }
}
