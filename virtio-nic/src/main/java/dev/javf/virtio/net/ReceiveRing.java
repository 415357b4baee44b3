package dev.javf.virtio.net;

import dev.javf.vfio.DmaSpace;
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
    private final boolean isMergeable;
    private final DescriptorChain first;
    private final DescriptorChain further;

    ReceiveRing(
            final DmaSpace dma,
            final Virtqueue queue,
            final int maxSize,
            final boolean isMergeable) {
        this.queue = queue;
        this.isMergeable = isMergeable;
        first = new DescriptorChain(dma, maxSize);
        further = new DescriptorChain(dma, maxSize);
    }

    /**
     * Copies a packet to the guest. Within a burst of the queue.
     *
     * @param memory holds the header, and right behind it the frame.
     * @param offset of the header.
     * @param frameBytes length of the frame.
     */
    Result give(final MemorySegment memory, final long offset, final int frameBytes) {
        final int totalBytes = NetHeader.LENGTH_BYTES + frameBytes;
        queue.save();
        if (!queue.fetch(first)) {
            return queue.fault() == QueueFault.NONE ? Result.FULL : Result.FAULT;
        }
        if (first.writableBytes() < NetHeader.LENGTH_BYTES) {
            queue.fail(QueueFault.HEADER, 0);
            return Result.FAULT;
        }
        if (first.writableBytes() < totalBytes && !isMergeable) {
            queue.restore();
            return Result.TOO_LONG;
        }
        int done = 0;
        int buffers = 0;
        DescriptorChain chain = first;
        while (true) {
            final int piece = (int) Math.min(totalBytes - done, chain.writableBytes());
            if (piece == 0) {
                queue.fail(QueueFault.HEADER, 0);
                return Result.FAULT;
            }
            if (!chain.write(memory, offset + done, piece)) {
                queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
                return Result.FAULT;
            }
            queue.use(chain, piece);
            buffers++;
            done += piece;
            if (done == totalBytes) {
                return finish(memory, offset, buffers);
            }
            chain = further;
            if (!queue.fetch(chain)) {
                return unfinished(buffers);
            }
        }
    }

    private Result finish(final MemorySegment memory, final long offset, final int buffers) {
        if (buffers > 1) {
            NetHeader.numBuffers(memory, offset, buffers);
            first.seekWritable(NetHeader.NUM_BUFFERS);
            if (!first.write(memory, offset + NetHeader.NUM_BUFFERS, Short.BYTES)) {
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
