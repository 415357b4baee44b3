package dev.javf.virtio.queue;

import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.MemorySegment;

/**
 * The buffers of one descriptor chain, copied out of the ring and checked: first those that the
 * device reads, then those that it writes. To be reused for the next chain. The buffers' contents
 * remain the driver's, which may change them at any time; they are copied once.
 */
public final class DescriptorChain {
    private static final long MAX_BYTES = 0xFFFF_FFFFL;

    private final DmaCursor cursor;
    private final long[] addresses;
    private final long[] lengths;
    private int count;
    private int readable;
    private long readableBytes;
    private long writableBytes;
    private int id;
    private int slots;
    private int at;
    private long atOffset;

    /**
     * Room for a chain.
     *
     * @param dma the driver's memory.
     * @param maxLength buffers that a chain may have: the largest size of the queue.
     */
    public DescriptorChain(final DmaSpace dma, final int maxLength) {
        cursor = new DmaCursor(dma);
        addresses = new long[maxLength];
        lengths = new long[maxLength];
    }

    void clear() {
        count = 0;
        readable = 0;
        readableBytes = 0;
        writableBytes = 0;
        at = 0;
        atOffset = 0;
    }

    /** Appends a buffer, one without bytes included. */
    QueueFault add(final long address, final long lengthBytes, final boolean isWritable) {
        if (count == addresses.length) {
            return QueueFault.CHAIN_LENGTH;
        }
        addresses[count] = address;
        lengths[count] = lengthBytes;
        count++;
        if (isWritable) {
            writableBytes += lengthBytes;
        } else if (readable != count - 1) {
            return QueueFault.CHAIN_ORDER;
        } else {
            readable = count;
            readableBytes += lengthBytes;
        }
        return readableBytes + writableBytes > MAX_BYTES ? QueueFault.CHAIN_BYTES : QueueFault.NONE;
    }

    void finish(final int bufferId, final int ringSlots) {
        id = bufferId;
        slots = ringSlots;
    }

    /** What names the chain when it is used. */
    int id() {
        return id;
    }

    /** Slots that it takes in the ring. */
    int slots() {
        return slots;
    }

    /** Bytes that the device may read. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the device may write. */
    public long writableBytes() {
        return writableBytes;
    }

    /**
     * Goes to a byte of the part to be written.
     *
     * @param offset not beyond the part's end.
     */
    public void seekWritable(final long offset) {
        at = readable;
        atOffset = offset;
    }

    private void skipFull() {
        while (at < count && atOffset >= lengths[at]) {
            atOffset -= lengths[at];
            at++;
        }
    }

    /**
     * Copies the next bytes out of the chain.
     *
     * @param destination where to.
     * @param offset in {@code destination}.
     * @param lengthBytes at most what is left of {@link #readableBytes}.
     * @return whether all of it is mapped.
     */
    public boolean read(
            final MemorySegment destination, final long offset, final long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            skipFull();
            final long piece = Math.min(lengthBytes - done, lengths[at] - atOffset);
            if (!cursor.read(addresses[at] + atOffset, destination, offset + done, piece)) {
                return false;
            }
            atOffset += piece;
            done += piece;
        }
        return true;
    }

    /**
     * Copies bytes to the chain. The first call goes to the start of the part to be written.
     *
     * @param source where from.
     * @param offset in {@code source}.
     * @param lengthBytes at most what is left of {@link #writableBytes}.
     * @return whether all of it is mapped for writing.
     */
    public boolean write(final MemorySegment source, final long offset, final long lengthBytes) {
        if (at < readable) {
            seekWritable(0);
        }
        long done = 0;
        while (done < lengthBytes) {
            skipFull();
            final long piece = Math.min(lengthBytes - done, lengths[at] - atOffset);
            if (!cursor.write(addresses[at] + atOffset, source, offset + done, piece)) {
                return false;
            }
            atOffset += piece;
            done += piece;
        }
        return true;
    }

    /** The address that the last copy failed at, for a report. */
    public long address() {
        return addresses[at] + atOffset;
    }
}
