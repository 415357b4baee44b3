package dev.javf.daemon;

import dev.javf.packet.Counter;

/**
 * How often, by how much, in buckets with fixed upper bounds, and exact at these. One thread
 * writes, any may read; recording allocates nothing.
 */
public final class BucketHistogram {
    private static final long[] TIMES_NS = times();
    private static final long[] SIZES = sizes();

    private final long[] bounds;
    private final Counter[] buckets;
    private final Counter sum = new Counter();

    private BucketHistogram(final long[] bounds) {
        this.bounds = bounds;
        buckets = new Counter[bounds.length + 1];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new Counter();
        }
    }

    /** For times in nanoseconds: 1, 2, 5 from 1 µs to 10 s. */
    public static BucketHistogram ofTimes() {
        return new BucketHistogram(TIMES_NS);
    }

    /** For sizes: powers of two from 1 to 4096. */
    public static BucketHistogram ofSizes() {
        return new BucketHistogram(SIZES);
    }

    private static long[] times() {
        final int decades = 7;
        final long[] bounds = new long[3 * decades + 1];
        long decade = 1_000;
        for (int i = 0; i < decades; i++, decade *= 10) {
            bounds[3 * i] = decade;
            bounds[3 * i + 1] = 2 * decade;
            bounds[3 * i + 2] = 5 * decade;
        }
        bounds[3 * decades] = decade;
        return bounds;
    }

    private static long[] sizes() {
        final long[] bounds = new long[13];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 1L << i;
        }
        return bounds;
    }

    /**
     * Counts a value.
     *
     * @param value what is negative counts as 0.
     */
    public void record(final long value) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        buckets[bucket].increment();
        sum.add(Math.max(value, 0));
    }

    /** How many bounds there are; one more bucket is for what is more than the last. */
    public int boundCount() {
        return bounds.length;
    }

    /** The upper bound of a bucket, 0 to the number of bounds - 1. */
    public long bound(final int bucket) {
        return bounds[bucket];
    }

    /** How many fell into a bucket, 0 to the number of bounds. */
    public long count(final int bucket) {
        return buckets[bucket].value();
    }

    /** The sum of all values. */
    public long sum() {
        return sum.value();
    }
}
