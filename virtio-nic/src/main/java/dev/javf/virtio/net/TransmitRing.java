package dev.javf.virtio.net;

import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.Ethernet;
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
import java.lang.foreign.ValueLayout;

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
    private final int singleBytes;

    /** Whether no packet asks for anything: the header needn't be looked at, nor the frame. */
    private final boolean isPlain;

    private final BufferBatch batch = new BufferBatch();
    private final DmaCursor cursor;
    private final long[] frames = new long[BufferBatch.CAPACITY];
    private final int[] buffers = new int[BufferBatch.CAPACITY];
    private long bytes;

    /** What was read only to have it here; so that it is read. */
    @SuppressWarnings("unused")
    private int touched;

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
        singleBytes =
                VirtioHeader.LENGTH_BYTES
                        + Math.min(settings.maxFrameBytes(), pool.dataCapacityBytes());
        isPlain = !Feature.CSUM.isIn(features) && !settings.isTrunk();
        chain = new DescriptorChain(dma, settings.maxQueueSize());
        cursor = new DmaCursor(dma);
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
        int left = vector.room();
        while (left > 0) {
            final int wanted = Math.min(left, BufferBatch.CAPACITY);
            final int fetched = queue.fetchSingles(batch, false, wanted);
            final int taken = fetched == 0 ? 0 : takeBatch(vector, fetched);
            left -= taken;
            if (taken < fetched) {
                queue.putBack(fetched - taken);
            }
            if (taken < wanted) {
                // Nothing is there, or what is there is no plain packet in one buffer.
                if (!takeChain(vector)) {
                    return bytes;
                }
                left--;
            }
        }
        return bytes;
    }

    private boolean takeChain(final PacketVector vector) {
        queue.save();
        if (!queue.fetch(chain)) {
            return false;
        }
        final long frameBytes = chain.readableBytes() - VirtioHeader.LENGTH_BYTES;
        if (frameBytes < 0) {
            queue.fail(QueueFault.HEADER, 0);
            return false;
        }
        if (frameBytes < Ethernet.HEADER_BYTES) {
            counters.rxTooShort().increment();
        } else if (frameBytes > longestBytes) {
            counters.rxTooLong().increment();
        } else if (!take(vector, (int) frameBytes)) {
            return false;
        }
        queue.use(chain, 0);
        return true;
    }

    /**
     * Takes packets that are in one buffer each, there and here: first it finds them all and reads
     * a byte of each, so that they come from the other processor's cache at the same time, then it
     * copies.
     *
     * @return how many of them are done with; the next is none of that kind, or there is no buffer.
     */
    private int takeBatch(final PacketVector vector, final int fetched) {
        final int count = Math.min(find(fetched), pool.available());
        pool.allocate(buffers, 0, count);
        boolean isCopied = false;
        try {
            copy(count);
            isCopied = true;
        } finally {
            // Also when a page of the guest's memory is gone, which ends in an InternalError.
            if (!isCopied) {
                pool.free(buffers, 0, count);
            }
        }
        queue.useUnwritten(batch, count);
        if (isPlain) {
            add(vector, count);
        } else {
            for (int i = 0; i < count; i++) {
                accept(vector, i);
            }
        }
        return count;
    }

    private int find(final int fetched) {
        int found = 0;
        int sum = 0;
        while (found < fetched) {
            final int lengthBytes = batch.lengthBytes(found);
            if (lengthBytes < VirtioHeader.LENGTH_BYTES + Ethernet.HEADER_BYTES
                    || lengthBytes > singleBytes
                    || !cursor.selectReadable(batch.address(found), lengthBytes)) {
                break;
            }
            final long frame = cursor.address() + VirtioHeader.LENGTH_BYTES;
            frames[found] = frame;
            sum += UncheckedMemory.ALL.get(ValueLayout.JAVA_BYTE, frame);
            found++;
        }
        touched = sum;
        return found;
    }

    private void copy(final int count) {
        final long[] from = frames;
        final int[] to = buffers;
        final long memoryAddress = memory.address();
        for (int i = 0; i < count; i++) {
            final long data = memoryAddress + pool.dataOffset(to[i]);
            UncheckedMemory.copy(from[i], data, frameBytes(i));
            if (!isPlain) {
                VirtioHeader.copy(
                        from[i] - VirtioHeader.LENGTH_BYTES, data - VirtioHeader.LENGTH_BYTES);
            }
        }
    }

    private int frameBytes(final int i) {
        return batch.lengthBytes(i) - VirtioHeader.LENGTH_BYTES;
    }

    private void add(final PacketVector vector, final int count) {
        final int first = vector.size();
        final int headroomBytes = pool.headroomBytes();
        long sum = 0;
        for (int i = 0; i < count; i++) {
            vector.put(first + i, buffers[i], headroomBytes, frameBytes(i), 0, 0, 0);
            sum += frameBytes(i);
        }
        vector.size(first + count);
        bytes += sum;
    }

    private void accept(final PacketVector vector, final int i) {
        final int place = vector.size();
        final int buffer = buffers[i];
        vector.add(buffer, pool.headroomBytes(), frameBytes(i), 0, 0, 0);
        accept(vector, place, pool.dataOffset(buffer) - VirtioHeader.LENGTH_BYTES, frameBytes(i));
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
        accept(vector, place, header, frameBytes);
        return true;
    }

    private void accept(
            final PacketVector vector, final int place, final long header, final int frameBytes) {
        final boolean isTagged = settings.isTrunk() && takeTagOut(vector, place);
        if (isAcceptable(vector, place, header, frameBytes, isTagged)) {
            bytes += frameBytes;
        } else {
            pool.free(vector, place);
            vector.size(place);
        }
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
