package dev.javf.client;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One end of a ring. It believes nothing that the other end writes: its own position is in its own
 * memory, and of the other end's it takes only one that can be. Each word of a slot is to be read
 * once, into a variable: the other end may change it at any time. (What a variable holds stays so:
 * no compiler may read the memory again for it, Java Language Specification, chapter 17.) One
 * thread.
 */
public abstract sealed class RingEnd permits RingConsumer, RingProducer {
    /** What {@link #slots} returns when the other end's position can't be. */
    public static final int CORRUPT = -1;

    static final MemorySegment ALL = UncheckedMemory.ALL;

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final long slots;
    private final long hashes;
    private final long ownAddress;
    private final long peerAddress;
    private final int capacity;

    /** Slots that belong to this end when both positions are the same. */
    private final int atRest;

    /** Where this end is. */
    private long own;

    /** Where the other end was when it was looked at last. */
    private long peer;

    /**
     * An end of a ring whose positions are both 0.
     *
     * @param base address of a pair of rings, as {@link RingLayout} has it; the memory stays mapped
     *     as long as this is used.
     * @param direction which of the two.
     * @param capacity slots, a power of 2.
     * @param isWriter which end.
     */
    RingEnd(
            final long base,
            final RingDirection direction,
            final int capacity,
            final boolean isWriter) {
        this.capacity = capacity;
        slots = base + direction.slotsOffset(capacity);
        hashes = base + RingLayout.hashesOffset(capacity);
        final long tail = base + direction.tailOffset();
        final long head = base + direction.headOffset();
        ownAddress = isWriter ? tail : head;
        peerAddress = isWriter ? head : tail;
        atRest = isWriter ? capacity : 0;
    }

    /**
     * How many slots, from this end's position on, belong to this end: with packets to be read, or
     * with room for packets.
     *
     * @param wanted no more than that are looked for.
     * @return 0 to {@code wanted}, or {@link #CORRUPT}.
     */
    final int slots(final int wanted) {
        long have = peer - own + atRest;
        if (have < wanted) {
            final long seen = (long) LONG.getAcquire(ALL, peerAddress);
            if (Long.compareUnsigned(seen - peer, capacity - have) > 0) {
                return CORRUPT;
            }
            peer = seen;
            have = seen - own + atRest;
        }
        return (int) Math.min(have, wanted);
    }

    /**
     * Slots that this end has given to the other and not seen again: those in front of this end's
     * position, whose numbers, for {@link #place}, are negative.
     */
    public final int given() {
        return (int) (capacity - (peer - own + atRest));
    }

    /** The number of the {@code i}th slot from this end's position on. */
    public final int slot(final int i) {
        return (int) own + i & capacity - 1;
    }

    /**
     * A slot's first word: its buffer and, if there is a packet, where that is.
     *
     * @param i 0 for the slot at this end's position; negative for one in front of it.
     */
    public final long place(final int i) {
        return ALL.get(ValueLayout.JAVA_LONG, address(i));
    }

    /**
     * Puts another buffer into a slot.
     *
     * @param i 0 for the slot at this end's position.
     * @param place the first word.
     */
    public final void replace(final int i, final long place) {
        ALL.set(ValueLayout.JAVA_LONG, address(i), place);
    }

    /**
     * Gives slots to the other end, in order: one store, whatever their number.
     *
     * @param count how many.
     */
    final void give(final int count) {
        own += count;
        LONG.setRelease(ALL, ownAddress, own);
    }

    /** In 32 bits, which compilers know best in loops; the slots are few enough. */
    final long address(final int i) {
        return slots + ((long) slot(i) << RingLayout.SLOT_SHIFT);
    }

    /** Where the hash of the packet in a slot of the Rx ring is. */
    final long hashAddress(final int i) {
        return hashes + ((long) slot(i) << RingLayout.HASH_SHIFT);
    }
}
