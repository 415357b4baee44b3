package dev.javf.client;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The writing end of a ring. It believes nothing that the other end writes: its own position is in
 * its own memory, and of the other end's it takes only one that can be. One thread.
 *
 * <p>What is put becomes visible with {@link #publish}, once for a burst: then one cache line with
 * the position moves, however many packets there are.
 */
public final class RingProducer {
    /** What {@link #room} returns when the other end's position can't be. */
    public static final int CORRUPT = -1;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final MemorySegment ALL = UncheckedMemory.ALL;

    private final long slots;
    private final long tailAddress;
    private final long headAddress;
    private final int mask;
    private long tail;
    private long head;

    /**
     * The end of a ring whose positions are both 0.
     *
     * @param slots address of the first slot; the memory stays mapped as long as this is used.
     * @param tailAddress where this end's position goes.
     * @param headAddress where the other end's is.
     * @param capacity slots, a power of 2.
     */
    public RingProducer(
            final long slots, final long tailAddress, final long headAddress, final int capacity) {
        this.slots = slots;
        this.tailAddress = tailAddress;
        this.headAddress = headAddress;
        mask = capacity - 1;
    }

    /**
     * How many packets there is room for.
     *
     * @param wanted no more than that are looked for.
     * @return 0 to {@code wanted}, or {@link #CORRUPT}.
     */
    public int room(final int wanted) {
        long room = mask + 1L - (tail - head);
        if (room < wanted) {
            final long seen = (long) LONG.getAcquire(ALL, headAddress);
            if (Long.compareUnsigned(seen - head, tail - head) > 0) {
                return CORRUPT;
            }
            head = seen;
            room = mask + 1L - (tail - seen);
        }
        return (int) Math.min(room, wanted);
    }

    /** Packets that the other end isn't done with, as far as is known without looking. */
    public int used() {
        return (int) (tail - head);
    }

    /** The number of a slot: that of the {@code i}th packet to be put. */
    public int slot(final int i) {
        return (int) tail + i & mask;
    }

    /** The number of the slot that the other end is done with first. */
    public int oldest() {
        return (int) head & mask;
    }

    /**
     * What a free slot holds: its buffer.
     *
     * @param i 0 for the next packet's.
     * @return the first word.
     */
    public long place(final int i) {
        return ALL.get(ValueLayout.JAVA_LONG, address(i));
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
     * Gives packets to the other end.
     *
     * @param count how many of those that were put.
     */
    public void publish(final int count) {
        tail += count;
        LONG.setRelease(ALL, tailAddress, tail);
    }

    /** In 32 bits, which compilers know best in loops; the slots are few enough. */
    private long address(final int i) {
        return slots + ((long) ((int) tail + i & mask) << RingLayout.SLOT_SHIFT);
    }
}
