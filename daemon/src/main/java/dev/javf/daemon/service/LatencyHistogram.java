package dev.javf.daemon.service;

import dev.javf.packet.Counter;

/** A histogram with the buckets 1, 2, 5 from 1 µs to 10 s. One thread writes, any may read. */
final class LatencyHistogram {
    /** The upper bounds in nanoseconds; one more bucket is for what is longer. */
    static final long[] BOUNDS_NS = bounds();

    private final Counter[] buckets = new Counter[BOUNDS_NS.length + 1];
    private final Counter sumNs = new Counter();

    LatencyHistogram() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new Counter();
        }
    }

    private static long[] bounds() {
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

    void record(final long ns) {
        int bucket = 0;
        while (bucket < BOUNDS_NS.length && ns > BOUNDS_NS[bucket]) {
            bucket++;
        }
        buckets[bucket].increment();
        sumNs.add(Math.max(ns, 0));
    }

    /** How many fell into a bucket, 0 to the number of bounds. */
    long count(final int bucket) {
        return buckets[bucket].value();
    }

    /** The sum of all, in nanoseconds. */
    long sumNs() {
        return sumNs.value();
    }
}
