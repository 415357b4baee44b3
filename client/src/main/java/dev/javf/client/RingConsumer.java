package dev.javf.client;

import java.lang.foreign.ValueLayout;

/** The reading end of a ring. */
public final class RingConsumer extends RingEnd {
    /**
     * The end of a ring whose positions are both 0.
     *
     * @param base address of a pair of rings, as {@link RingLayout} has it; the memory stays mapped
     *     as long as this is used.
     * @param direction which of the two.
     * @param capacity slots, a power of 2.
     */
    public RingConsumer(final long base, final RingDirection direction, final int capacity) {
        super(base, direction, capacity, false);
    }

    /**
     * How many packets there are.
     *
     * @param wanted no more than that are looked for.
     * @return 0 to {@code wanted}, or {@link #CORRUPT}.
     */
    public int available(final int wanted) {
        return slots(wanted);
    }

    /**
     * A packet's second word.
     *
     * @param i 0 for the first.
     */
    public long kind(final int i) {
        return ALL.get(ValueLayout.JAVA_LONG, address(i) + Long.BYTES);
    }

    /**
     * A received packet's RSS hash; means something with {@code PacketVector.FLAG_HASH} only.
     *
     * @param i 0 for the first.
     */
    public int hash(final int i) {
        return ALL.get(ValueLayout.JAVA_INT, hashAddress(i));
    }

    /**
     * Gives slots back to the other end, in order.
     *
     * @param count how many.
     */
    public void release(final int count) {
        give(count);
    }
}
