package dev.javf.linux;

import dev.javf.linux.libc.iovec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Pieces of native memory that one system call reads into or writes from (struct iovec, readv(2)).
 * Made once and used again and again: nothing is allocated afterwards. For one thread. Whoever uses
 * it keeps the memory alive.
 */
public final class IoVectors {
    private static final long ENTRY_BYTES = iovec.layout().byteSize();
    private static final long BASE_OFFSET = iovec.iov_base$offset();
    private static final long LENGTH_OFFSET = iovec.iov_len$offset();

    private final MemorySegment entries;
    private final int capacity;

    /**
     * Pieces of no memory.
     *
     * @param capacity how many there can be, 1 to 1024 (IOV_MAX).
     */
    public IoVectors(final int capacity) {
        if (capacity < 1 || capacity > 1024) {
            throw new IllegalArgumentException(capacity + " pieces of memory: must be 1 to 1024");
        }
        this.capacity = capacity;
        entries = Arena.ofAuto().allocate(iovec.layout(), capacity);
    }

    /**
     * Sets a piece.
     *
     * @param index its place, 0 to capacity - 1.
     * @param memory native memory.
     * @param offset where the piece starts in it.
     * @param lengthBytes of the piece, 0 to what is left of the memory.
     * @throws IndexOutOfBoundsException if the piece or its place is outside.
     */
    public void set(
            final int index, final MemorySegment memory, final long offset, final int lengthBytes) {
        Objects.checkIndex(index, capacity);
        Objects.checkFromIndexSize(offset, lengthBytes, memory.byteSize());
        if (!memory.isNative()) {
            throw new IllegalArgumentException("needs native memory, not a heap segment");
        }
        final long at = index * ENTRY_BYTES;
        entries.set(ValueLayout.JAVA_LONG, at + BASE_OFFSET, memory.address() + offset);
        entries.set(ValueLayout.JAVA_LONG, at + LENGTH_OFFSET, lengthBytes);
    }

    /** How many pieces there can be. */
    public int capacity() {
        return capacity;
    }

    long address() {
        return entries.address();
    }

    /** Bytes of the first pieces together. */
    long lengthBytes(final int count) {
        Objects.checkFromIndexSize(0, count, capacity);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += entries.get(ValueLayout.JAVA_LONG, i * ENTRY_BYTES + LENGTH_OFFSET);
        }
        return sum;
    }
}
