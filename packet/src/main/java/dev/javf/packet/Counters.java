package dev.javf.packet;

/**
 * Where the counters of one owner (a virtual function, a port, a thread) come from. Asking again
 * for the same gives the same place, whose value goes on. Any thread may ask; not on a packet path.
 */
@FunctionalInterface
public interface Counters {
    /** For an index or item that a counter doesn't have. */
    int NONE = -1;

    /** Counters in the process's own memory, new ones each time. */
    Counters PRIVATE = (type, index, item) -> new Counter();

    /**
     * A counter.
     *
     * @param type what it counts.
     * @param index of the queue, or {@link #NONE}.
     * @param item of several of one type: the bucket of a histogram; or {@link #NONE}.
     * @return the counter.
     */
    Counter counter(CounterType type, int index, int item);

    /**
     * A counter of which the owner has one.
     *
     * @param type what it counts.
     * @return the counter.
     */
    default Counter counter(final CounterType type) {
        return counter(type, NONE, NONE);
    }

    /**
     * A histogram.
     *
     * @param type what it counts.
     * @param index of the queue, or {@link #NONE}.
     * @param buckets how many.
     * @return a counter for each bucket.
     */
    default Counter[] buckets(final CounterType type, final int index, final int buckets) {
        final Counter[] counters = new Counter[buckets];
        for (int i = 0; i < buckets; i++) {
            counters[i] = counter(type, index, i);
        }
        return counters;
    }
}
