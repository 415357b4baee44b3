package dev.javf.sim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A bounded queue of frames in one piece of memory, for one sending and one receiving thread. A
 * record is 8 bytes with the frame's length and the frame, rounded up to 8; it doesn't wrap, a
 * length of -1 leads back to the start.
 */
final class FrameRing {
    /** What {@link #claim} and {@link #peek} return when there is no room, or no frame. */
    static final long NONE = -1;

    private static final int RECORD_HEADER_BYTES = 8;
    private static final int TO_START = -1;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(FrameRing.class, "head", long.class);
            TAIL = lookup.findVarHandle(FrameRing.class, "tail", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MemorySegment memory;
    private final long capacityBytes;

    /** Bytes ever consumed; the receiver's. */
    @SuppressWarnings("UnusedVariable") // through HEAD
    private long head;

    /** Bytes ever produced; the sender's. */
    @SuppressWarnings("UnusedVariable") // through TAIL
    private long tail;

    private long claimedTail;

    /**
     * An empty ring.
     *
     * @param capacityBytes a power of two.
     */
    FrameRing(final int capacityBytes) {
        this.capacityBytes = capacityBytes;
        memory = Arena.ofAuto().allocate(capacityBytes, 64);
    }

    MemorySegment memory() {
        return memory;
    }

    /** Room for a frame: its offset in {@link #memory}, to be filled and then published. */
    long claim(final int lengthBytes) {
        final long record = RECORD_HEADER_BYTES + (lengthBytes + 7L & -8L);
        final long from = (long) TAIL.get(this);
        final long free = capacityBytes - (from - (long) HEAD.getAcquire(this));
        final long toEnd = capacityBytes - (from & capacityBytes - 1);
        long start = from;
        if (record > toEnd) {
            if (toEnd + record > free) {
                return NONE;
            }
            memory.set(ValueLayout.JAVA_INT, from & capacityBytes - 1, TO_START);
            start += toEnd;
        } else if (record > free) {
            return NONE;
        }
        final long at = start & capacityBytes - 1;
        memory.set(ValueLayout.JAVA_INT, at, lengthBytes);
        claimedTail = start + record;
        return at + RECORD_HEADER_BYTES;
    }

    void publish() {
        TAIL.setRelease(this, claimedTail);
    }

    /** The next frame's offset in {@link #memory}; it stays until {@link #release}. */
    long peek() {
        final long from = (long) HEAD.get(this);
        final long end = (long) TAIL.getAcquire(this);
        if (from == end) {
            return NONE;
        }
        final long at = from & capacityBytes - 1;
        if (memory.get(ValueLayout.JAVA_INT, at) == TO_START) {
            HEAD.setRelease(this, from + capacityBytes - at);
            return RECORD_HEADER_BYTES;
        }
        return at + RECORD_HEADER_BYTES;
    }

    /** Length of the frame that {@link #peek} found. */
    int lengthBytes(final long offset) {
        return memory.get(ValueLayout.JAVA_INT, offset - RECORD_HEADER_BYTES);
    }

    /** Drops the frame that {@link #peek} found. */
    void release(final long offset) {
        final long from = (long) HEAD.get(this);
        HEAD.setRelease(this, from + RECORD_HEADER_BYTES + (lengthBytes(offset) + 7L & -8L));
    }
}
