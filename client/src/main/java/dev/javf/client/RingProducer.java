package dev.javf.client;

import java.lang.foreign.ValueLayout;

/**
 * The writing end of a ring. What is put becomes visible with {@link #publish}, once for a burst:
 * then one cache line with the position moves, however many packets there are.
 */
public final class RingProducer extends RingEnd {
    /**
     * The end of a ring whose positions are both 0.
     *
     * @param base address of a pair of rings, as {@link RingLayout} has it; the memory stays mapped
     *     as long as this is used.
     * @param direction which of the two.
     * @param capacity slots, a power of 2.
     */
    public RingProducer(final long base, final RingDirection direction, final int capacity) {
        super(base, direction, capacity, true);
    }

    /**
     * How many packets there is room for.
     *
     * @param wanted no more than that are looked for.
     * @return 0 to {@code wanted}, or {@link #CORRUPT}.
     */
    public int room(final int wanted) {
        return slots(wanted);
    }

    /**
     * Fills in a slot. There must be {@link #room}.
     *
     * @param i 0 for the first since {@link #publish}.
     * @param place the first word.
     * @param kind the second.
     */
    public void put(final int i, final long place, final long kind) {
        final long slot = address(i);
        ALL.set(ValueLayout.JAVA_LONG, slot, place);
        ALL.set(ValueLayout.JAVA_LONG, slot + Long.BYTES, kind);
    }

    /**
     * Writes the RSS hash of a packet for the client.
     *
     * @param i 0 for the first since {@link #publish}.
     * @param hash the hash.
     */
    public void hash(final int i, final int hash) {
        ALL.set(ValueLayout.JAVA_INT, hashAddress(i), hash);
    }

    /**
     * Gives packets to the other end.
     *
     * @param count how many of those that were put.
     */
    public void publish(final int count) {
        give(count);
    }
}
