package dev.javf.virtio.queue;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One of a virtqueue's three areas. It is looked up at the start of every burst, because the driver
 * may unmap it at any time between two; a lookup that finds nothing new costs a few comparisons.
 */
final class RingMemory {
    private static final VarHandle WORD16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle WORD64 =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final ValueLayout.OfLong UNALIGNED64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DmaCursor cursor;
    private MemorySegment memory = MemorySegment.NULL;
    private long offset;
    private long iova;
    private long lengthBytes;
    private int alignment;
    private boolean isWritten;

    RingMemory(final DmaSpace dma) {
        cursor = new DmaCursor(dma);
    }

    /**
     * Where the area is.
     *
     * @param areaIova first address.
     * @param areaBytes its length.
     * @param areaAlignment in bytes, a power of two.
     * @param isWrittenByDevice whether being readable isn't enough.
     */
    void place(
            final long areaIova,
            final long areaBytes,
            final int areaAlignment,
            final boolean isWrittenByDevice) {
        iova = areaIova;
        lengthBytes = areaBytes;
        alignment = areaAlignment;
        isWritten = isWrittenByDevice;
    }

    /** Whether the address given is aligned. */
    boolean isAligned() {
        return (iova & (alignment - 1)) == 0;
    }

    /** Looks the area up; false when it isn't mapped. */
    boolean lookUp() {
        if (!(isWritten
                ? cursor.select(iova, lengthBytes)
                : cursor.selectReadable(iova, lengthBytes))) {
            return false;
        }
        memory = cursor.memory();
        offset = cursor.offset();
        return ((memory.address() + offset) & (alignment - 1)) == 0;
    }

    int get16Acquire(final long at) {
        return (short) WORD16.getAcquire(memory, offset + at) & 0xFFFF;
    }

    int get16(final long at) {
        return (short) WORD16.getOpaque(memory, offset + at) & 0xFFFF;
    }

    long get64Acquire(final long at) {
        return (long) WORD64.getAcquire(memory, offset + at);
    }

    /** Reads once: the compiler can't come back for a second look, which might differ. */
    long get64(final long at) {
        return (long) WORD64.getOpaque(memory, offset + at);
    }

    void set16(final long at, final int value) {
        WORD16.setOpaque(memory, offset + at, (short) value);
    }

    void set16Release(final long at, final int value) {
        WORD16.setRelease(memory, offset + at, (short) value);
    }

    /** At a multiple of 4. */
    void set64(final long at, final long value) {
        memory.set(UNALIGNED64, offset + at, value);
    }

    void set64Release(final long at, final long value) {
        WORD64.setRelease(memory, offset + at, value);
    }
}
