package dev.javf.virtio.net;

import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.packet.VirtioHeader;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.BufferBatch;
import dev.javf.virtio.queue.DescriptorChain;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.Virtqueue;

import java.lang.foreign.MemorySegment;

/** A queue by which a guest receives: packets are copied to the buffers that it has put there. */
final class ReceiveRing {
    /** What became of a packet. */
    enum Result {
        /** The guest has it, once the burst is published. */
        GIVEN,
        /** No room now. */
        FULL,
        /** The guest's buffers can't hold it. */
        TOO_LONG,
        /** The guest's driver broke the rules; the queue has stopped. */
        FAULT
    }

    private final Virtqueue queue;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final boolean isMergeable;

    /** The flag of a packet whose checksum is good, if the driver wants to know that. */
    private final int goodFlag;

    private final DescriptorChain first;
    private final DescriptorChain further;
    private final BufferBatch batch = new BufferBatch();
    private final DmaCursor cursor;
    private final long[] places = new long[BufferBatch.CAPACITY];
    private int batchCount;
    private int batchAt;
    private int pieceBuffer;
    private long pieceAt;
    private int pieceLeft;

    ReceiveRing(
            final DmaSpace dma,
            final Virtqueue queue,
            final int maxSize,
            final long features,
            final PacketPool pool) {
        this.queue = queue;
        this.pool = pool;
        isMergeable = Feature.MRG_RXBUF.isIn(features);
        goodFlag = Feature.GUEST_CSUM.isIn(features) ? PacketVector.FLAG_L4_CHECKSUM_GOOD : 0;
        memory = pool.memory();
        cursor = new DmaCursor(dma);
        first = new DescriptorChain(dma, maxSize);
        further = new DescriptorChain(dma, maxSize);
    }

    Virtqueue queue() {
        return queue;
    }

    /**
     * Starts a burst.
     *
     * @return whether the queue can be used.
     */
    boolean begin() {
        batchCount = 0;
        batchAt = 0;
        return queue.begin();
    }

    /** Ends a burst; what was given is to be published. */
    void end() {
        queue.putBack(batchCount - batchAt);
        batchCount = 0;
        batchAt = 0;
    }

    /**
     * Copies packets to the guest that are in one buffer each, here and there: then nothing else
     * has to be thought of. Within a burst.
     *
     * @param vector has them, and those that may come next.
     * @param from place of the first.
     * @param most how many at most; each is in one buffer and asks for nothing.
     * @return how many were given; {@link #give} has to do with the next.
     */
    int giveSingles(final PacketVector vector, final int from, final int most) {
        if (batchAt == batchCount) {
            batchAt = 0;
            batchCount =
                    queue.fetchSingles(
                            batch, true, Math.min(vector.size() - from, BufferBatch.CAPACITY));
        }
        final int count = find(vector, from, Math.min(most, batchCount - batchAt));
        copy(vector, from, count);
        queue.useWritten(batch, batchAt, count);
        batchAt += count;
        return count;
    }

    /** Looks for the places of as many packets as fit the next buffers. */
    private int find(final PacketVector vector, final int from, final int most) {
        int found = 0;
        while (found < most) {
            final int place = batchAt + found;
            final int totalBytes = VirtioHeader.LENGTH_BYTES + vector.lengthBytes(from + found);
            if (batch.lengthBytes(place) < totalBytes
                    || !cursor.select(batch.address(place), totalBytes)) {
                break;
            }
            places[found] = cursor.address();
            batch.written(place, totalBytes);
            found++;
        }
        return found;
    }

    private void copy(final PacketVector vector, final int from, final int count) {
        final long[] to = places;
        final long memoryAddress = memory.address();
        for (int i = 0; i < count; i++) {
            VirtioHeader.update(
                    UncheckedMemory.ALL,
                    to[i],
                    (vector.flags(from + i) & goodFlag) == 0 ? 0 : VirtioHeader.DATA_VALID);
            UncheckedMemory.copy(
                    memoryAddress
                            + pool.bufferOffset(vector.buffer(from + i))
                            + vector.offsetBytes(from + i),
                    to[i] + VirtioHeader.LENGTH_BYTES,
                    vector.lengthBytes(from + i));
        }
    }

    /**
     * Copies a packet to the guest. Within a burst.
     *
     * @param vector has the packet, and those that may come next.
     * @param i its place there.
     * @param header where in its first buffer the virtio header is; right behind it is the frame.
     * @param firstBytes of header and frame in the first buffer.
     * @param totalBytes of header and frame.
     */
    Result give(
            final PacketVector vector,
            final int i,
            final long header,
            final int firstBytes,
            final int totalBytes) {
        end();
        queue.save();
        if (!queue.fetch(first)) {
            return queue.fault() == QueueFault.NONE ? Result.FULL : Result.FAULT;
        }
        if (first.writableBytes() < VirtioHeader.LENGTH_BYTES) {
            queue.fail(QueueFault.HEADER, 0);
            return Result.FAULT;
        }
        if (first.writableBytes() < totalBytes && !isMergeable) {
            queue.restore();
            return Result.TOO_LONG;
        }
        pieceBuffer = vector.buffer(i);
        pieceAt = header;
        pieceLeft = firstBytes;
        int done = 0;
        int buffers = 0;
        DescriptorChain chain = first;
        while (true) {
            final int bytes = (int) Math.min(totalBytes - done, chain.writableBytes());
            if (bytes == 0) {
                queue.fail(QueueFault.HEADER, 0);
                return Result.FAULT;
            }
            if (!write(chain, bytes)) {
                queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
                return Result.FAULT;
            }
            queue.use(chain, bytes);
            buffers++;
            done += bytes;
            if (done == totalBytes) {
                return finish(header, buffers);
            }
            chain = further;
            if (!queue.fetch(chain)) {
                return unfinished(buffers);
            }
        }
    }

    /** Copies the packet's next bytes, from one buffer or several. */
    private boolean write(final DescriptorChain chain, final int bytes) {
        int left = bytes;
        while (true) {
            final int piece = Math.min(left, pieceLeft);
            if (piece > 0 && !chain.write(memory, pieceAt, piece)) {
                return false;
            }
            pieceAt += piece;
            pieceLeft -= piece;
            left -= piece;
            if (left == 0) {
                return true;
            }
            pieceBuffer = pool.next(pieceBuffer);
            pieceAt = pool.bufferOffset(pieceBuffer) + pool.pieceOffsetBytes(pieceBuffer);
            pieceLeft = pool.pieceLengthBytes(pieceBuffer);
        }
    }

    private Result finish(final long header, final int buffers) {
        if (buffers > 1) {
            VirtioHeader.numBuffers(memory, header, buffers);
            first.seekWritable(VirtioHeader.NUM_BUFFERS);
            if (!first.write(memory, header + VirtioHeader.NUM_BUFFERS, Short.BYTES)) {
                queue.fail(QueueFault.BUFFER_ADDRESS, first.address());
                return Result.FAULT;
            }
        }
        return Result.GIVEN;
    }

    private Result unfinished(final int buffers) {
        if (queue.fault() != QueueFault.NONE) {
            return Result.FAULT;
        }
        queue.restore();
        return buffers == queue.size() ? Result.TOO_LONG : Result.FULL;
    }
}
