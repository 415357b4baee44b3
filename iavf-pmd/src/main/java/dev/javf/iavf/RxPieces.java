package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

/**
 * The packet in several buffers, or not fine, whose descriptors are coming in at a receive queue.
 * Its buffers are linked in the pool; a packet that can't be is dropped whole and counted once. For
 * the poller's thread.
 */
final class RxPieces {
    private final RxQueueCounters counters;
    private final int headroomBytes;
    private final int lengthBytesMax;

    /** Descriptors so far of a packet whose last is still to come. */
    private int pieces;

    /** Its first buffer, linked to the others; NONE once the packet is to be dropped. */
    private int first = PacketPool.NONE;

    private int last;
    private int firstBytes;
    private int furtherBytes;

    RxPieces(final RxQueueCounters counters, final PacketPool pool) {
        this.counters = counters;
        headroomBytes = pool.headroomBytes();
        lengthBytesMax = pool.dataCapacityBytes();
    }

    /** Whether the next descriptor goes on with a packet. */
    boolean isOpen() {
        return pieces != 0;
    }

    /**
     * Adds a piece, or drops what can't be.
     *
     * @param status EOF, RXE and OVERSIZE of the legacy format.
     * @return true when this was its last piece and the packet is whole; false when there is more
     *     to come, or it was dropped.
     */
    boolean add(final PacketPool pool, final long status, final int buffer, final int length) {
        final boolean isLast = (status & RxDescriptor.EOF) != 0;
        final boolean isFirst = pieces++ == 0;
        final Counter cause = fault(status, length, isFirst);
        if (cause != null) {
            pool.free(buffer);
            // Of a packet that is dropped already, the first cause counts.
            if (isFirst || first != PacketPool.NONE) {
                cause.increment();
            }
            drop(pool);
        } else if (isFirst) {
            pool.begin(buffer);
            first = buffer;
            firstBytes = length;
            furtherBytes = 0;
            last = buffer;
        } else if (first == PacketPool.NONE) {
            pool.free(buffer);
        } else {
            pool.append(last, buffer, headroomBytes, length);
            furtherBytes += length;
            last = buffer;
        }
        if (isLast) {
            pieces = 0;
        }
        return isLast && first != PacketPool.NONE;
    }

    /** Why a piece of a packet makes all of it worthless; null if it doesn't. */
    private @Nullable Counter fault(final long status, final int length, final boolean isFirst) {
        if ((status & RxDescriptor.RXE) != 0) {
            return counters.errorDrops;
        }
        if ((status & RxDescriptor.OVERSIZE) != 0) {
            return counters.oversizeDrops;
        }
        if (pieces > RxQueue.PIECES_MAX) {
            return counters.chainDrops;
        }
        return length < (isFirst ? Ethernet.HEADER_BYTES : 1) || length > lengthBytesMax
                ? counters.lengthDrops
                : null;
    }

    private void drop(final PacketPool pool) {
        if (first != PacketPool.NONE) {
            pool.freeChain(first);
            first = PacketPool.NONE;
        }
    }

    /** The whole packet's first buffer. */
    int first() {
        return first;
    }

    /** Bytes in the first buffer. */
    int firstBytes() {
        return firstBytes;
    }

    /** Ends the packet, which was written behind the vector's last; its bytes. */
    long finish(final PacketVector vector) {
        final int place = vector.size();
        vector.size(place + 1);
        if (first != last) {
            vector.segmented(place, furtherBytes);
        }
        first = PacketPool.NONE;
        return (long) firstBytes + furtherBytes;
    }

    /** Gives up the packet: the queue has stopped. */
    void reclaim(final PacketPool pool) {
        drop(pool);
        pieces = 0;
    }
}
