package dev.javf.bench.ring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** The bound: descriptors on a segment, positions published once for a burst, nothing checked. */
final class BareRing implements RingContestant {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long TAIL = 0;
    private static final long HEAD = 128;
    private static final long SLOTS = 256;
    private static final long SLOT_BYTES = 16;

    private final MemorySegment memory;
    private long tail;
    private long headSeen;
    private long head;
    private long tailSeen;

    BareRing(final Arena arena) {
        memory = arena.allocate(SLOTS + CAPACITY * SLOT_BYTES, 4096);
    }

    @Override
    public String name() {
        return "bare descriptors";
    }

    private static long slot(final long position) {
        return SLOTS + (position & (CAPACITY - 1)) * SLOT_BYTES;
    }

    @Override
    public int write(final long first, final int burst) {
        if (CAPACITY - (tail - headSeen) < burst) {
            headSeen = (long) LONG.getAcquire(memory, HEAD);
        }
        final int room = (int) Math.min(burst, CAPACITY - (tail - headSeen));
        for (int i = 0; i < room; i++) {
            final long slot = slot(tail + i);
            memory.set(ValueLayout.JAVA_LONG, slot, i);
            memory.set(ValueLayout.JAVA_LONG, slot + Long.BYTES, first + i);
        }
        if (room > 0) {
            tail += room;
            LONG.setRelease(memory, TAIL, tail);
        }
        return room;
    }

    @Override
    public int read(final long first, final int burst) {
        if (tailSeen - head < burst) {
            tailSeen = (long) LONG.getAcquire(memory, TAIL);
        }
        final int count = (int) Math.min(burst, tailSeen - head);
        for (int i = 0; i < count; i++) {
            final long slot = slot(head + i);
            if (memory.get(ValueLayout.JAVA_LONG, slot) < 0
                    || memory.get(ValueLayout.JAVA_LONG, slot + Long.BYTES) != first + i) {
                throw new IllegalStateException("a descriptor was lost");
            }
        }
        if (count > 0) {
            head += count;
            LONG.setRelease(memory, HEAD, head);
        }
        return count;
    }
}
