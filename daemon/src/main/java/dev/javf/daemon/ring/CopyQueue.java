package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A queue whose packets are copied between the pool and memory of the client's own, in which every
 * slot has the same buffer for ever.
 */
final class CopyQueue extends RingQueue {
    /** Copied by words up to here, which is faster than a call. */
    private static final int SHORT_BYTES = 256;

    private final long poolAddress;
    private final long buffersAddress;
    private final int strideBytes;
    private final int firstRx;
    private final int firstTx;

    /** The first buffer of the packet that is being copied. */
    private int unfinished = PacketPool.NONE;

    CopyQueue(
            final RingPort port,
            final RingSession session,
            final int number,
            final MemorySegment buffers,
            final int strideBytes) {
        super(port, session, number);
        poolAddress = pool.memory().address();
        buffersAddress = buffers.address();
        this.strideBytes = strideBytes;
        firstRx = 2 * number * slots;
        firstTx = firstRx + slots;
        for (int slot = 0; slot < slots; slot++) {
            tx.replace(slot, RingLayout.place(firstTx + slot, 0, 0));
        }
    }

    private long address(final int buffer) {
        return buffersAddress + (long) buffer * strideBytes;
    }

    @Override
    @Nullable Violation checkPlace(final int slot, final long place) {
        if (RingLayout.buffer(place) != firstTx + slot) {
            return Violation.BUFFER;
        }
        final int lengthBytes = RingLayout.lengthBytes(place);
        return lengthBytes < Ethernet.HEADER_BYTES
                        || RingLayout.offsetBytes(place) + lengthBytes > maxFrameBytes
                ? Violation.LENGTH
                : null;
    }

    @Override
    boolean take(
            final PacketVector vector,
            final int i,
            final long place,
            final int vlan,
            final int flags) {
        final long from = address(RingLayout.buffer(place)) + RingLayout.offsetBytes(place);
        final int lengthBytes = RingLayout.lengthBytes(place);
        final int capacityBytes = pool.dataCapacityBytes();
        final int headroomBytes = pool.headroomBytes();
        if (lengthBytes <= capacityBytes) {
            final int buffer = pool.allocate();
            if (buffer == PacketPool.NONE) {
                return false;
            }
            unfinished = buffer;
            pool.begin(buffer);
            copy(from, poolAddress + pool.dataOffset(buffer), lengthBytes);
            unfinished = PacketPool.NONE;
            vector.add(buffer, headroomBytes, lengthBytes, vlan, flags, 0);
            return true;
        }
        if (pool.available() < (lengthBytes + capacityBytes - 1) / capacityBytes) {
            return false;
        }
        final int first = pool.allocate();
        unfinished = first;
        pool.begin(first);
        copy(from, poolAddress + pool.dataOffset(first), capacityBytes);
        int last = first;
        int copied = capacityBytes;
        while (copied < lengthBytes) {
            final int buffer = pool.allocate();
            final int pieceBytes = Math.min(capacityBytes, lengthBytes - copied);
            pool.append(last, buffer, headroomBytes, pieceBytes);
            copy(from + copied, poolAddress + pool.dataOffset(buffer), pieceBytes);
            last = buffer;
            copied += pieceBytes;
        }
        unfinished = PacketPool.NONE;
        vector.addSegmented(
                first, headroomBytes, capacityBytes, lengthBytes - capacityBytes, vlan, flags, 0);
        return true;
    }

    @Override
    void abandon() {
        if (unfinished != PacketPool.NONE) {
            pool.freeChain(unfinished);
            unfinished = PacketPool.NONE;
        }
    }

    @Override
    long place(final PacketVector vector, final int from, final int i, final int lengthBytes) {
        final int to = firstRx + rx.slot(i);
        gather(vector, from, address(to));
        return RingLayout.place(to, 0, lengthBytes);
    }

    @Override
    boolean give(final int buffer) {
        return false;
    }

    private void gather(final PacketVector vector, final int i, final long to) {
        int buffer = vector.buffer(i);
        int lengthBytes = vector.lengthBytes(i);
        copy(poolAddress + pool.bufferOffset(buffer) + vector.offsetBytes(i), to, lengthBytes);
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) == 0) {
            return;
        }
        long next = to + lengthBytes;
        for (buffer = pool.next(buffer); buffer != PacketPool.NONE; buffer = pool.next(buffer)) {
            lengthBytes = pool.pieceLengthBytes(buffer);
            MemorySegment.copy(
                    ALL,
                    poolAddress + pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer),
                    ALL,
                    next,
                    lengthBytes);
            next += lengthBytes;
        }
    }

    private static void copy(final long from, final long to, final int lengthBytes) {
        if (lengthBytes > SHORT_BYTES || lengthBytes < Long.BYTES) {
            MemorySegment.copy(ALL, from, ALL, to, lengthBytes);
            return;
        }
        final int last = lengthBytes - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            ALL.set(
                    ValueLayout.JAVA_LONG_UNALIGNED,
                    to + i,
                    ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, from + i));
        }
        ALL.set(
                ValueLayout.JAVA_LONG_UNALIGNED,
                to + last,
                ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, from + last));
    }
}
