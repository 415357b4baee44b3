package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import java.lang.foreign.MemorySegment;

/**
 * A transmit queue: a ring of descriptors ({@link TxDescriptor}), one for each packet, and one more
 * before it when its VLAN tag goes into a context descriptor.
 *
 * <p>A burst costs one doorbell and, on the device's side, one write-back: only its last descriptor
 * asks for it (RS). Where these descriptors are is remembered; when the oldest has become {@link
 * TxDescriptor#DTYPE_DONE}, the buffers up to it go back to their pool.
 *
 * <p>All methods but the counters are for one thread, the poller, which also owns the pool. Nothing
 * here allocates, blocks or throws for anything that traffic or the device do. A packet that the
 * device must not see (a VF that sends one is taken for malicious and loses its queue) is dropped
 * and counted.
 */
public final class TxQueue {
    private final int index;
    private final DmaMapping ring;
    private final MemorySegment memory;
    private final long base;
    private final int ringLength;
    private final PacketPool pool;
    private final long poolIova;
    private final MemorySegment tailRegister;
    private final long strideBytes;
    private int frameBytesMax;

    /** Slot to buffer; {@link PacketPool#NONE} for a context descriptor. */
    private final int[] buffers;

    /** A circle of the slots whose descriptors have RS, oldest first. */
    private final int[] reportSlots;

    private final Counter packets = new Counter();
    private final Counter bytes = new Counter();
    private final Counter bursts = new Counter();
    private final Counter full = new Counter();
    private final Counter shortDrops = new Counter();
    private final Counter longDrops = new Counter();
    private final Counter vlanDrops = new Counter();

    private VlanTagLocation vlanLocation;
    private int nextToUse;
    private int nextToFree;
    private int used;
    private int firstReport;
    private int reports;
    private boolean started;

    /**
     * An empty queue; {@link #start} makes it take packets.
     *
     * @param index of the queue in its VF, 0 to 255.
     * @param ring the descriptors' memory, at least {@code ringLength} * 16 bytes, at an I/O
     *     virtual address that is a multiple of 128; it stays mapped until {@link #reclaim}.
     * @param ringLength descriptors: 64 to 8096, a multiple of 32.
     * @param pool that all packets belong to; its memory must be mapped for the device.
     * @param poolIova the device's address of the first byte of the pool's memory.
     * @param tailRegister QTX_TAIL1 of the queue, 4 bytes.
     * @param vlanLocation where the device wants tags that it is to insert.
     * @param frameBytesMax longest frame that is sent, without inserted tag and frame check
     *     sequence: 60 to 9728.
     * @throws IllegalArgumentException when a number, memory or alignment are wrong.
     */
    public TxQueue(
            final int index,
            final DmaMapping ring,
            final int ringLength,
            final PacketPool pool,
            final long poolIova,
            final MemorySegment tailRegister,
            final VlanTagLocation vlanLocation,
            final int frameBytesMax) {
        RingLayout.checkLength("Tx", ringLength);
        RingLayout.checkMemory("Tx", ring, (long) ringLength * TxDescriptor.BYTES);
        RingLayout.checkTail("Tx", tailRegister);
        checkFrameBytes(frameBytesMax);
        this.index = index;
        this.ring = ring;
        memory = ring.memory();
        base = DeviceMemory.base(memory);
        this.ringLength = ringLength;
        this.pool = pool;
        this.poolIova = poolIova;
        this.tailRegister = tailRegister;
        this.vlanLocation = vlanLocation;
        this.frameBytesMax = frameBytesMax;
        strideBytes = pool.strideBytes();
        buffers = new int[ringLength];
        reportSlots = new int[ringLength];
    }

    /**
     * Empties the ring, freeing what it still held, and writes the tail. The device must not be
     * using the ring: call it before the queue is enabled, and again after each stop or reset.
     */
    public void start() {
        reclaim();
        final MemorySegment view = DeviceMemory.view(memory);
        for (long offset = 0; offset < (long) ringLength * TxDescriptor.BYTES; offset += 8) {
            DeviceMemory.QWORD.set(view, base + offset, 0L);
        }
        DeviceMemory.ring(tailRegister, 0);
        started = true;
    }

    /**
     * Frees the buffers of all packets in the ring, sent or not. The device must not be using the
     * ring any more: the queue was disabled, or the VF reset. Until {@link #start} no packet is
     * taken.
     */
    public void reclaim() {
        if (used > 0) {
            freeTo(nextToUse);
        }
        nextToUse = 0;
        nextToFree = 0;
        firstReport = 0;
        reports = 0;
        started = false;
    }

    /**
     * Sends packets, in order, and frees those that were sent before. Those taken leave the vector,
     * and their buffers belong to the queue; the rest, for which the ring has no room now, stay.
     *
     * @param vector the packets.
     * @return how many were taken, dropped ones included.
     */
    public int transmit(final PacketVector vector) {
        freeDone();
        final MemorySegment view = DeviceMemory.view(memory);
        final int size = vector.size();
        int room = available();
        int slot = nextToUse;
        int last = 0;
        long lastQword1 = 0;
        long burstBytes = 0;
        int dropped = 0;
        int taken = 0;
        for (; taken < size; taken++) {
            final int length = vector.lengthBytes(taken);
            final boolean tagged = (vector.flags(taken) & PacketVector.FLAG_VLAN) != 0;
            if (length < TxDescriptor.FRAME_BYTES_MIN
                    || length > frameBytesMax
                    || (tagged && vlanLocation == VlanTagLocation.NONE)) {
                drop(vector.buffer(taken), length);
                dropped++;
                continue;
            }
            final boolean context = tagged && vlanLocation == VlanTagLocation.L2TAG2;
            final int needed = context ? 2 : 1;
            if (room < needed) {
                full.increment();
                break;
            }
            room -= needed;
            long qword1 =
                    TxDescriptor.DTYPE_DATA
                            | TxDescriptor.EOP
                            | TxDescriptor.ICRC
                            | (long) length << TxDescriptor.LENGTH_SHIFT;
            if (context) {
                writeContext(view, slot, vector.vlan(taken));
                slot = after(slot);
            } else if (tagged) {
                qword1 |=
                        TxDescriptor.IL2TAG1
                                | (long) vector.vlan(taken) << TxDescriptor.L2TAG1_SHIFT;
            }
            final int buffer = vector.buffer(taken);
            final long offset = base + (long) slot * TxDescriptor.BYTES;
            buffers[slot] = buffer;
            DeviceMemory.QWORD.set(
                    view,
                    offset + TxDescriptor.QWORD0_OFFSET,
                    poolIova + buffer * strideBytes + vector.offsetBytes(taken));
            DeviceMemory.QWORD.set(view, offset + TxDescriptor.QWORD1_OFFSET, qword1);
            burstBytes += length;
            last = slot;
            lastQword1 = qword1;
            slot = after(slot);
        }
        vector.removeFirst(taken);
        if (taken > dropped) {
            DeviceMemory.QWORD.set(
                    view,
                    base + (long) last * TxDescriptor.BYTES + TxDescriptor.QWORD1_OFFSET,
                    lastQword1 | TxDescriptor.RS);
            remember(last);
            used = ringLength - 1 - room;
            nextToUse = slot;
            DeviceMemory.ring(tailRegister, slot);
            bursts.increment();
            packets.add(taken - dropped);
            bytes.add(burstBytes);
        }
        return taken;
    }

    /**
     * Frees the buffers of packets that the device has sent. {@link #transmit} does it too; a
     * poller with nothing to send calls it now and then, or the buffers stay here.
     */
    public void freeDone() {
        final MemorySegment view = DeviceMemory.view(memory);
        while (reports > 0) {
            final int slot = reportSlots[firstReport];
            final long qword1 =
                    (long)
                            DeviceMemory.QWORD.getAcquire(
                                    view,
                                    base
                                            + (long) slot * TxDescriptor.BYTES
                                            + TxDescriptor.QWORD1_OFFSET);
            if ((qword1 & TxDescriptor.DTYPE_MASK) != TxDescriptor.DTYPE_DONE) {
                return;
            }
            firstReport = after(firstReport);
            reports--;
            freeTo(after(slot));
        }
    }

    /** Descriptors that are free, as far as is known; 0 while the queue isn't started. */
    public int available() {
        return started ? ringLength - 1 - used : 0;
    }

    /** Whether the device has nothing left to send. */
    public boolean idle() {
        return used == 0;
    }

    /**
     * Says where the device carries tags from the next {@link #start} on, after another
     * negotiation.
     *
     * @param location the place; no other thread may be using the queue.
     */
    void vlanLocation(final VlanTagLocation location) {
        vlanLocation = location;
    }

    /**
     * Says how long a frame may be.
     *
     * @param bytes 60 to 9728, without inserted tag and frame check sequence; no other thread may
     *     be using the queue.
     */
    void frameBytesMax(final int bytes) {
        checkFrameBytes(bytes);
        frameBytesMax = bytes;
    }

    private static void checkFrameBytes(final int bytes) {
        if (bytes < 60 || bytes > TxDescriptor.FRAME_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "Tx frames of up to "
                            + bytes
                            + " bytes: must be 60 to "
                            + TxDescriptor.FRAME_BYTES_MAX);
        }
    }

    /** The queue's number in its VF. */
    public int index() {
        return index;
    }

    /** Descriptors in the ring. */
    public int ringLength() {
        return ringLength;
    }

    /** The device's address of the ring, for VIRTCHNL_OP_CONFIG_VSI_QUEUES. */
    public long ringIova() {
        return ring.iova();
    }

    /** Packets given to the device. Any thread, as all counters; they never go back. */
    public long packetCount() {
        return packets.value();
    }

    /** Bytes given to the device, without inserted tags and frame check sequences. */
    public long byteCount() {
        return bytes.value();
    }

    /** Calls of {@link #transmit} that gave the device something, each with one doorbell. */
    public long burstCount() {
        return bursts.value();
    }

    /** Calls of {@link #transmit} that left packets because the ring was full. */
    public long fullCount() {
        return full.value();
    }

    /** Packets dropped because they were shorter than 17 bytes. */
    public long shortDropCount() {
        return shortDrops.value();
    }

    /** Packets dropped because they were longer than the longest frame. */
    public long longDropCount() {
        return longDrops.value();
    }

    /** Packets dropped because they wanted a VLAN tag and the device can't insert any. */
    public long vlanDropCount() {
        return vlanDrops.value();
    }

    private void writeContext(final MemorySegment view, final int slot, final int vlan) {
        final long offset = base + (long) slot * TxDescriptor.BYTES;
        buffers[slot] = PacketPool.NONE;
        DeviceMemory.QWORD.set(
                view,
                offset + TxDescriptor.QWORD0_OFFSET,
                (long) vlan << TxDescriptor.L2TAG2_SHIFT);
        DeviceMemory.QWORD.set(
                view,
                offset + TxDescriptor.QWORD1_OFFSET,
                TxDescriptor.DTYPE_CONTEXT | TxDescriptor.IL2TAG2);
    }

    private void remember(final int slot) {
        final int free = firstReport + reports;
        reportSlots[free < ringLength ? free : free - ringLength] = slot;
        reports++;
    }

    private void drop(final int buffer, final int length) {
        pool.free(buffer);
        if (length < TxDescriptor.FRAME_BYTES_MIN) {
            shortDrops.increment();
        } else if (length > frameBytesMax) {
            longDrops.increment();
        } else {
            vlanDrops.increment();
        }
    }

    /** Frees the buffers of the slots before {@code end}; there is at least one. */
    private void freeTo(final int end) {
        final int[] slotBuffers = buffers;
        int slot = nextToFree;
        used -= end > slot ? end - slot : end - slot + ringLength;
        do {
            final int buffer = slotBuffers[slot];
            if (buffer != PacketPool.NONE) {
                pool.free(buffer);
            }
            slot = after(slot);
        } while (slot != end);
        nextToFree = slot;
    }

    private int after(final int slot) {
        return slot + 1 == ringLength ? 0 : slot + 1;
    }
}
