package dev.javf.virtio.net;

import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.packet.VirtioHeader;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.DescriptorChain;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.Virtqueue;

import java.lang.foreign.MemorySegment;

/**
 * A queue by which a guest transmits: its packets are copied to buffers of the pool, so that
 * nothing the guest does later changes them. What it asks of the NIC is taken from the copy.
 */
final class TransmitRing {
    /** Longest packet to be cut: its IP packet, before which there are two tags at most. */
    private static final int SEGMENTED_BYTES_MAX = 65535 + Ethernet.HEADER_BYTES + 8;

    private static final int NO_TAG = -1;

    private final Virtqueue queue;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final NetCounters counters;
    private final DescriptorChain chain;
    private final NetSettings settings;
    private final long features;
    private final int longestBytes;
    private long bytes;

    TransmitRing(
            final DmaSpace dma,
            final Virtqueue queue,
            final NetSettings settings,
            final long features,
            final PacketPool pool,
            final NetCounters counters) {
        this.queue = queue;
        this.settings = settings;
        this.features = features;
        this.pool = pool;
        this.counters = counters;
        memory = pool.memory();
        longestBytes =
                Feature.HOST_TSO4.isIn(features) || Feature.HOST_TSO6.isIn(features)
                        ? SEGMENTED_BYTES_MAX
                        : settings.maxFrameBytes();
        chain = new DescriptorChain(dma, settings.maxQueueSize());
    }

    Virtqueue queue() {
        return queue;
    }

    /**
     * Takes packets from the guest, at most as many as the vector has room for. Within a burst of
     * the queue. A fault of the queue ends it; what was taken before is good.
     *
     * @param vector gets them; of a trunk's the tag is taken out.
     * @return bytes of the packets, tags included.
     */
    long take(final PacketVector vector) {
        bytes = 0;
        // Dropped packets count, too: a burst ends.
        for (int left = vector.room(); left > 0; left--) {
            queue.save();
            if (!queue.fetch(chain)) {
                return bytes;
            }
            final long frameBytes = chain.readableBytes() - VirtioHeader.LENGTH_BYTES;
            if (frameBytes < 0) {
                queue.fail(QueueFault.HEADER, 0);
                return bytes;
            }
            if (frameBytes < Ethernet.HEADER_BYTES) {
                counters.rxTooShort().increment();
            } else if (frameBytes > longestBytes) {
                counters.rxTooLong().increment();
            } else if (!take(vector, (int) frameBytes)) {
                return bytes;
            }
            queue.use(chain, 0);
        }
        return bytes;
    }

    private boolean take(final PacketVector vector, final int frameBytes) {
        final int buffer = pool.allocate();
        if (buffer == PacketPool.NONE) {
            queue.restore();
            return false;
        }
        // The header lands in the headroom: one copy for both.
        final long header = pool.dataOffset(buffer) - VirtioHeader.LENGTH_BYTES;
        final int inFirst = Math.min(frameBytes, pool.dataCapacityBytes());
        boolean isRead = false;
        try {
            isRead = chain.read(memory, header, VirtioHeader.LENGTH_BYTES + (long) inFirst);
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
        final int further = frameBytes - inFirst;
        if (further > 0 && !takeFurther(buffer, further)) {
            return false;
        }
        final int place = vector.size();
        vector.add(buffer, pool.headroomBytes(), inFirst, 0, 0, 0);
        if (further > 0) {
            vector.segmented(place, further);
        }
        final boolean isTagged = settings.isTrunk() && takeTagOut(vector, place);
        if (!isAcceptable(vector, place, header, frameBytes, isTagged)) {
            pool.free(vector, place);
            vector.size(place);
        } else {
            bytes += frameBytes;
        }
        return true;
    }

    /** The rest of a packet, in further buffers behind the first. */
    private boolean takeFurther(final int first, final int furtherBytes) {
        pool.begin(first);
        int last = first;
        boolean isRead = false;
        try {
            for (int left = furtherBytes; left > 0; ) {
                final int buffer = pool.allocate();
                if (buffer == PacketPool.NONE) {
                    queue.restore();
                    return false;
                }
                final int piece = Math.min(left, pool.dataCapacityBytes());
                pool.append(last, buffer, pool.headroomBytes(), piece);
                last = buffer;
                if (!chain.read(memory, pool.dataOffset(buffer), piece)) {
                    queue.fail(QueueFault.BUFFER_ADDRESS, chain.address());
                    return false;
                }
                left -= piece;
            }
            isRead = true;
            return true;
        } finally {
            if (!isRead) {
                pool.freeChain(first);
            }
        }
    }

    private boolean takeTagOut(final PacketVector vector, final int i) {
        final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
        final int tag = VlanTags.tag(memory, start, vector.lengthBytes(i));
        if (tag == NO_TAG) {
            return false;
        }
        VlanTags.remove(memory, start);
        vector.tag(i, tag);
        vector.strip(i, Ethernet.VLAN_TAG_BYTES);
        return true;
    }

    /**
     * Whether a packet may go on, with what its header asks for. Taking the tag out has left the
     * header alone: it moved the addresses towards the frame's end.
     */
    private boolean isAcceptable(
            final PacketVector vector,
            final int i,
            final long header,
            final int frameBytes,
            final boolean isTagged) {
        if (frameBytes > settings.maxFrameBytes() && !VirtioHeader.isSegmentation(memory, header)) {
            counters.rxTooLong().increment();
            return false;
        }
        if (VirtioHeader.isPlain(memory, header) || !Feature.CSUM.isIn(features)) {
            return true;
        }
        if (!VirtioHeader.take(
                        pool,
                        header,
                        vector,
                        i,
                        isTagged ? Ethernet.VLAN_TAG_BYTES : 0,
                        settings.mtu() + Ethernet.HEADER_BYTES)
                || !isAgreed(vector, i)) {
            counters.rxOffload().increment();
            return false;
        }
        return true;
    }

    private boolean isAgreed(final PacketVector vector, final int i) {
        if ((vector.flags(i) & PacketVector.FLAG_TX_SEGMENT) == 0) {
            return true;
        }
        final boolean isIpv4 =
                (vector.packetType(i) & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        return (isIpv4 ? Feature.HOST_TSO4 : Feature.HOST_TSO6).isIn(features);
    }
}
