package dev.javf.client;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The reading end of a ring; as careful as {@link RingProducer}. Each word of a slot is to be read
 * once, into a variable: the other end may change it at any time. (What a variable holds stays so:
 * no compiler may read the memory again for it, Java Language Specification, chapter 17.) One
 * thread.
 */
public final class RingConsumer {
    /** What {@link #available} returns when the other end's position can't be. */
    public static final int CORRUPT = -1;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final MemorySegment ALL = UncheckedMemory.ALL;

    private final long slots;
    private final long tailAddress;
    private final long headAddress;
    private final int mask;
    private long head;
    private long tail;

    /**
     * The end of a ring whose positions are both 0.
     *
     * @param slots address of the first slot; the memory stays mapped as long as this is used.
     * @param tailAddress where the other end's position is.
     * @param headAddress where this end's goes.
     * @param capacity slots, a power of 2.
     */
    public RingConsumer(
            final long slots, final long tailAddress, final long headAddress, final int capacity) {
        this.slots = slots;
        this.tailAddress = tailAddress;
        this.headAddress = headAddress;
        mask = capacity - 1;
    }

    /**
     * How many packets there are.
     *
     * @param wanted no more than that are looked for.
     * @return 0 to {@code wanted}, or {@link #CORRUPT}.
     */
    public int available(final int wanted) {
        long ready = tail - head;
        if (ready < wanted) {
            final long seen = (long) LONG.getAcquire(ALL, tailAddress);
            if (Long.compareUnsigned(seen - tail, mask + 1L - ready) > 0) {
                return CORRUPT;
            }
            tail = seen;
            ready = seen - head;
        }
        return (int) Math.min(ready, wanted);
    }

    /** The number of the slot that holds the {@code i}th packet. */
    public int slot(final int i) {
        return (int) head + i & mask;
    }

    /**
     * A packet's first word. It can't be told from what was there before unless it is {@link
     * #available}.
     *
     * @param i 0 for the first.
     */
    public long place(final int i) {
        return ALL.get(ValueLayout.JAVA_LONG, address(i));
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
     * Puts another buffer into a slot before it is given back.
     *
     * @param i 0 for the first.
     * @param place the first word.
     */
    public void replace(final int i, final long place) {
        ALL.set(ValueLayout.JAVA_LONG, address(i), place);
    }

    /**
     * Gives slots back to the other end, in order.
     *
     * @param count how many.
     */
    public void release(final int count) {
        head += count;
        LONG.setRelease(ALL, headAddress, head);
    }

    /** In 32 bits, which compilers know best in loops; the slots are few enough. */
    private long address(final int i) {
        return slots + ((long) ((int) head + i & mask) << RingLayout.SLOT_SHIFT);
    }
}
