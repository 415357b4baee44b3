package dev.javf.vfio;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A stretch of addresses that a function may reach.
 *
 * @param iova first address.
 * @param lengthBytes 1 or more; the last address is at most 2^64 - 1.
 * @param memory what holds it, from {@code memoryOffset} on; empty if it is remote.
 * @param memoryOffset in bytes.
 * @param access what the function may do.
 * @param remote how to get at it when it isn't memory of this process.
 */
record DmaRegion(
        long iova,
        long lengthBytes,
        MemorySegment memory,
        long memoryOffset,
        DmaAccess access,
        @Nullable RemoteMemory remote) {
    /** Contains nothing. */
    static final DmaRegion NONE =
            new DmaRegion(0, 0, MemorySegment.NULL, 0, DmaAccess.READ_ONLY, null);

    /** Whether a range, of 1 byte or more, lies wholly in this region. */
    boolean contains(final long address, final long rangeBytes) {
        final long offset = address - iova;
        return Long.compareUnsigned(offset, lengthBytes) < 0
                && Long.compareUnsigned(rangeBytes - 1, lengthBytes - offset) < 0;
    }

    long lastIova() {
        return iova + lengthBytes - 1;
    }

    boolean isWritable() {
        return access == DmaAccess.READ_WRITE;
    }

    /** Whether this region ends where another starts, in address and in memory. */
    boolean isContinuedBy(final DmaRegion next) {
        return remote == null
                && next.remote == null
                && memory.equals(next.memory)
                && access == next.access
                && iova + lengthBytes == next.iova
                && memoryOffset + lengthBytes == next.memoryOffset;
    }

    DmaRegion joinedWith(final DmaRegion next) {
        return new DmaRegion(
                iova, lengthBytes + next.lengthBytes, memory, memoryOffset, access, null);
    }
}
