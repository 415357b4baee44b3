package dev.javf.virtio.queue;

import static dev.javf.linux.UncheckedMemory.ALL;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One of a virtqueue's three areas. It is looked up at the start of every burst, because the driver
 * may unmap it at any time between two; a lookup that finds nothing new costs a few comparisons.
 * Within a burst an access isn't checked any more: who uses this keeps to the area.
 */
final class RingMemory {
    private static final VarHandle WORD16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle WORD64 =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final ValueLayout.OfLong UNALIGNED64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DmaCursor cursor;
    private long address;
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
        address = cursor.address();
        return (address & (alignment - 1)) == 0;
    }

    /** Where the area is since it was looked up. */
    long address() {
        return address;
    }

    /** Reads once, as {@link #get16} does, from an address in an area: for loops. */
    static int load16(final long at) {
        return (short) WORD16.getOpaque(ALL, at) & 0xFFFF;
    }

    /** Reads once, as {@link #get64} does, from an address in an area: for loops. */
    static long load64(final long at) {
        return (long) WORD64.getOpaque(ALL, at);
    }

    static long load64Acquire(final long at) {
        return (long) WORD64.getAcquire(ALL, at);
    }

    int get16Acquire(final long at) {
        return (short) WORD16.getAcquire(ALL, address + at) & 0xFFFF;
    }

    int get16(final long at) {
        return load16(address + at);
    }

    long get64Acquire(final long at) {
        return load64Acquire(address + at);
    }

    /** Reads once: the compiler can't come back for a second look, which might differ. */
    long get64(final long at) {
        return load64(address + at);
    }

    void set16(final long at, final int value) {
        WORD16.setOpaque(ALL, address + at, (short) value);
    }

    void set16Release(final long at, final int value) {
        WORD16.setRelease(ALL, address + at, (short) value);
    }

    /** At a multiple of 4. */
    void set64(final long at, final long value) {
        ALL.set(UNALIGNED64, address + at, value);
    }

    void set64Release(final long at, final long value) {
        WORD64.setRelease(ALL, address + at, value);
    }
}
