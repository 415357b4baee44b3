package dev.javf.virtio.queue;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * An indirect descriptor table (VirtIO 1.2, 2.7.5.3 and 2.8.8), copied whole before it is looked
 * at: the driver may change its own at any time.
 */
final class DescriptorTable {
    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DmaCursor cursor;
    private final MemorySegment copy;
    private final int capacity;
    private int length;

    DescriptorTable(final DmaSpace dma, final int capacity) {
        cursor = new DmaCursor(dma);
        this.capacity = capacity;
        copy = Arena.ofAuto().allocate((long) capacity * Descriptor.BYTES, Long.BYTES);
    }

    /**
     * Fetches a table.
     *
     * @param iova first address.
     * @param lengthBytes as the descriptor says.
     * @param queueSize no chain is longer than the queue.
     */
    QueueFault fetch(final long iova, final long lengthBytes, final int queueSize) {
        if (lengthBytes == 0
                || (lengthBytes & (Descriptor.BYTES - 1)) != 0
                || lengthBytes > (long) Math.min(capacity, queueSize) * Descriptor.BYTES) {
            return QueueFault.INDIRECT_LENGTH;
        }
        length = (int) (lengthBytes / Descriptor.BYTES);
        return cursor.read(iova, copy, 0, lengthBytes)
                ? QueueFault.NONE
                : QueueFault.BUFFER_ADDRESS;
    }

    int length() {
        return length;
    }

    long address(final int index) {
        return copy.get(WORD, (long) index * Descriptor.BYTES);
    }

    /** Length and flags, as {@link Descriptor} takes them apart. */
    long rest(final int index) {
        return copy.get(WORD, (long) index * Descriptor.BYTES + Long.BYTES);
    }
}
