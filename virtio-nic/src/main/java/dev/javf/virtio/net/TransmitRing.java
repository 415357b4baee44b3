package dev.javf.virtio.net;

import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.queue.DescriptorChain;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.Virtqueue;

/**
 * A queue by which a guest transmits: its packets are copied to buffers of the pool, so that
 * nothing the guest does later changes them.
 */
final class TransmitRing {
    private final Virtqueue queue;
    private final PacketPool pool;
    private final NetCounters counters;
    private final DescriptorChain chain;
    private final int maxFrameBytes;

    TransmitRing(
            final DmaSpace dma,
            final Virtqueue queue,
            final int maxSize,
            final PacketPool pool,
            final int maxFrameBytes,
            final NetCounters counters) {
        this.queue = queue;
        this.pool = pool;
        this.counters = counters;
        this.maxFrameBytes = Math.min(maxFrameBytes, pool.dataCapacityBytes());
        chain = new DescriptorChain(dma, maxSize);
    }

    /**
     * Takes packets from the guest, at most as many as the vector has room for. Within a burst of
     * the queue. A fault of the queue ends it; what was taken before is good.
     *
     * @param vector gets them.
     */
    void take(final PacketVector vector) {
        // Dropped packets count, too: a burst ends.
        for (int left = vector.room(); left > 0; left--) {
            queue.save();
            if (!queue.fetch(chain)) {
                return;
            }
            final long frameBytes = chain.readableBytes() - NetHeader.LENGTH_BYTES;
            if (frameBytes < 0) {
                queue.fail(QueueFault.HEADER, 0);
                return;
            }
            if (frameBytes < Ethernet.HEADER_BYTES) {
                counters.rxTooShort().increment();
            } else if (frameBytes > maxFrameBytes) {
                counters.rxTooLong().increment();
            } else if (!take(vector, (int) frameBytes)) {
                return;
            }
            queue.use(chain, 0);
        }
    }

    private boolean take(final PacketVector vector, final int frameBytes) {
        final int buffer = pool.allocate();
        if (buffer == PacketPool.NONE) {
            queue.restore();
            return false;
        }
        // The header lands in the headroom: one copy for both. None of its fields means anything
        // as long as neither checksum nor segmentation offload is offered.
        final long start = pool.dataOffset(buffer) - NetHeader.LENGTH_BYTES;
        boolean isRead = false;
        try {
            isRead = chain.read(pool.memory(), start, NetHeader.LENGTH_BYTES + frameBytes);
        } finally {
            // Also when a page of the guest's memory is gone, which ends in an InternalError.
            if (!isRead) {
                pool.free(buffer);
            }
        }
        if (!isRead) {
            queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
            return false;
        }
        vector.add(buffer, pool.headroomBytes(), frameBytes, 0, 0, 0);
        return true;
    }
}
