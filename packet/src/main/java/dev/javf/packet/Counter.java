package dev.javf.packet;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * A count, or a level, with one writer. Any thread may read it, and sees a recent value, never a
 * torn one; so may another process, when the memory is a mapped file's. Adding costs a plain load
 * and an opaque store: no lock prefix, no fence.
 */
public final class Counter {
    /** Where the value is. {@link #memory} keeps it mapped. */
    private final long address;

    private final MemorySegment memory;

    /** A counter in the process's own memory. */
    public Counter() {
        this(PrivateMemory.next());
    }

    /**
     * A counter in given memory, going on from the value there.
     *
     * @param memory 8 bytes, native and aligned, of an arena that isn't closed before the counter
     *     was used for the last time.
     * @throws IllegalArgumentException for other memory.
     */
    public Counter(final MemorySegment memory) {
        if (!memory.isNative()
                || memory.byteSize() != Long.BYTES
                || (memory.address() & (Long.BYTES - 1)) != 0) {
            throw new IllegalArgumentException(
                    "a counter takes 8 aligned bytes of native memory, not " + memory);
        }
        this.memory = memory;
        address = memory.address();
    }

    /**
     * Counts. Only ever on the writer's thread.
     *
     * @param count to add.
     */
    public void add(final long count) {
        set(UncheckedMemory.getLong(address) + count);
    }

    /** Counts one. Only ever on the writer's thread. */
    public void increment() {
        add(1);
    }

    /**
     * Sets a level. Only ever on the writer's thread.
     *
     * @param value the level.
     */
    public void set(final long value) {
        try {
            UncheckedMemory.putLongOpaque(address, value);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** The count. */
    public long value() {
        try {
            return UncheckedMemory.getLongOpaque(address);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    @Override
    public String toString() {
        return Long.toString(value());
    }

    /** Pieces of memory for counters that are in no file. Freed when nobody has them any more. */
    private static final class PrivateMemory {
        private static final int BLOCK_BYTES = 4096;
        private static MemorySegment block = MemorySegment.NULL;
        private static long used;

        private PrivateMemory() {}

        static synchronized MemorySegment next() {
            if (used == block.byteSize()) {
                block = Arena.ofAuto().allocate(BLOCK_BYTES, Long.BYTES);
                used = 0;
            }
            final MemorySegment place = block.asSlice(used, Long.BYTES);
            used += Long.BYTES;
            return place;
        }
    }
}
