package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A transmit queue: a ring of descriptors ({@link TxDescriptor}), one for each packet, or for each
 * of its buffers, and one more before them when a VLAN tag or segmentation needs a context
 * descriptor.
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
    /** What can't be done in one data descriptor. */
    private static final int IRREGULAR =
            PacketVector.FLAG_SEGMENTED
                    | PacketVector.FLAG_INNER_VLAN
                    | PacketVector.FLAGS_TX_OFFLOAD;

    /** {@link #writeIrregular}: no room in the ring now. */
    private static final int NO_ROOM = 0;

    /** {@link #writeIrregular}: dropped and counted. */
    private static final int DROPPED = -1;

    private final int index;
    private final DmaMapping ring;
    private final MemorySegment memory;
    private final long base;
    private final int ringLength;
    private PacketPool pool;
    private final long poolIova;
    private final MemorySegment tailRegister;
    private final long strideBytes;
    private int frameBytesMax;

    /** Slot to buffer; {@link PacketPool#NONE} for a context descriptor. */
    private final int[] buffers;

    /** A circle of the slots whose descriptors have RS, oldest first. */
    private final int[] reportSlots;

    private final Counter packets;
    private final Counter bytes;
    private final Counter bursts;
    private final Counter[] burstSizes;
    private final Counter full;
    private final Counter shortDrops;
    private final Counter longDrops;
    private final Counter vlanDrops;
    private final Counter offloadDrops;
    private final Counter pieceDrops;
    private final Counter outstandingLevel;

    /** Context descriptors in the ring: slots without a buffer. */
    private int contexts;

    /** Frames that {@link #writeIrregular} made of packets in this burst, beyond one each. */
    private int extraFrames;

    /** Bytes of all frames of this burst. */
    private long burstBytes;

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
        this(
                index,
                ring,
                ringLength,
                pool,
                poolIova,
                tailRegister,
                vlanLocation,
                frameBytesMax,
                Counters.PRIVATE);
    }

    TxQueue(
            final int index,
            final DmaMapping ring,
            final int ringLength,
            final PacketPool pool,
            final long poolIova,
            final MemorySegment tailRegister,
            final VlanTagLocation vlanLocation,
            final int frameBytesMax,
            final Counters counters) {
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
        packets = counters.counter(DriverCounterTypes.TX_PACKETS, index, Counters.NONE);
        bytes = counters.counter(DriverCounterTypes.TX_BYTES, index, Counters.NONE);
        bursts = counters.counter(DriverCounterTypes.TX_BURSTS, index, Counters.NONE);
        burstSizes = counters.buckets(DriverCounterTypes.TX_BURST_SIZES, index, BurstSizes.COUNT);
        full = counters.counter(DriverCounterTypes.TX_FULL, index, Counters.NONE);
        shortDrops = counters.counter(DriverCounterTypes.TX_SHORT_DROPS, index, Counters.NONE);
        longDrops = counters.counter(DriverCounterTypes.TX_LONG_DROPS, index, Counters.NONE);
        vlanDrops = counters.counter(DriverCounterTypes.TX_VLAN_DROPS, index, Counters.NONE);
        offloadDrops = counters.counter(DriverCounterTypes.TX_OFFLOAD_DROPS, index, Counters.NONE);
        pieceDrops = counters.counter(DriverCounterTypes.TX_PIECE_DROPS, index, Counters.NONE);
        outstandingLevel =
                counters.counter(DriverCounterTypes.TX_OUTSTANDING, index, Counters.NONE);
        counters.counter(DriverCounterTypes.TX_RING, index, Counters.NONE).set(ringLength);
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
        int dropped = 0;
        int taken = 0;
        while (taken < size) {
            final int fine = run(view, vector, taken, slot, Math.min(room, size - taken));
            taken += fine;
            room -= fine;
            slot += fine;
            slot = slot == ringLength ? 0 : slot;
            if (taken < size && (room == 0 || !isRegular(vector, taken))) {
                final int written = writeIrregular(view, vector, taken, slot, room);
                if (written == NO_ROOM) {
                    full.increment();
                    break;
                }
                if (written == DROPPED) {
                    pool.free(vector, taken);
                    dropped++;
                } else {
                    room -= written;
                    slot += written;
                    slot = slot < ringLength ? slot : slot - ringLength;
                    burstBytes += vector.totalBytes(taken);
                }
                taken++;
            }
        }
        vector.removeFirst(taken);
        if (taken > dropped) {
            report(view, slot == 0 ? ringLength - 1 : slot - 1);
            used = ringLength - 1 - room;
            nextToUse = slot;
            DeviceMemory.ring(tailRegister, slot);
            bursts.increment();
            burstSizes[BurstSizes.bucket(taken - dropped)].increment();
            packets.add(taken - dropped + extraFrames);
            bytes.add(burstBytes);
            extraFrames = 0;
            burstBytes = 0;
        }
        return taken;
    }

    private boolean isRegular(final PacketVector vector, final int i) {
        final int flags = vector.flags(i);
        final int length = vector.lengthBytes(i);
        return (flags & IRREGULAR) == 0
                && ((flags & PacketVector.FLAG_VLAN) == 0 || vlanLocation == VlanTagLocation.L2TAG1)
                && length >= TxDescriptor.FRAME_BYTES_MIN
                && length <= frameBytesMax;
    }

    /**
     * Writes the descriptors of packets that need one each, up to the first that doesn't, without
     * going round the ring's end. So all arrays are walked from one index upwards.
     *
     * @return how many.
     */
    private int run(
            final MemorySegment view,
            final PacketVector vector,
            final int from,
            final int firstSlot,
            final int limit) {
        final int[] slotBuffers = buffers;
        final int end = Math.min(limit, ringLength - firstSlot);
        final boolean insertsTags = vlanLocation == VlanTagLocation.L2TAG1;
        final int lengthMax = frameBytesMax;
        long sum = 0;
        int i = 0;
        for (; i < end; i++) {
            final int flags = vector.flags(from + i);
            final int length = vector.lengthBytes(from + i);
            final boolean isTagged = (flags & PacketVector.FLAG_VLAN) != 0;
            if ((flags & IRREGULAR) != 0
                    || (isTagged && !insertsTags)
                    || length < TxDescriptor.FRAME_BYTES_MIN
                    || length > lengthMax) {
                break;
            }
            long qword1 =
                    TxDescriptor.DTYPE_DATA
                            | TxDescriptor.EOP
                            | TxDescriptor.ICRC
                            | (long) length << TxDescriptor.LENGTH_SHIFT;
            if (isTagged) {
                qword1 |=
                        TxDescriptor.IL2TAG1
                                | (long) vector.vlan(from + i) << TxDescriptor.L2TAG1_SHIFT;
            }
            final int slot = firstSlot + i;
            final int buffer = vector.buffer(from + i);
            final long offset = base + (long) slot * TxDescriptor.BYTES;
            slotBuffers[slot] = buffer;
            DeviceMemory.QWORD.set(
                    view,
                    offset + TxDescriptor.QWORD0_OFFSET,
                    poolIova + buffer * strideBytes + vector.offsetBytes(from + i));
            DeviceMemory.QWORD.set(view, offset + TxDescriptor.QWORD1_OFFSET, qword1);
            sum += length;
        }
        burstBytes += sum;
        return i;
    }

    /** Asks the device to say when it is done with a descriptor, which is the burst's last. */
    private void report(final MemorySegment view, final int slot) {
        final long offset = base + (long) slot * TxDescriptor.BYTES + TxDescriptor.QWORD1_OFFSET;
        DeviceMemory.QWORD.set(
                view, offset, (long) DeviceMemory.QWORD.get(view, offset) | TxDescriptor.RS);
        remember(slot);
    }

    /**
     * Writes the descriptors of a packet that has several buffers, or asks for something, or that
     * the device must not see.
     *
     * @param first slot of its first descriptor.
     * @param room descriptors that are free.
     * @return how many it took; {@link #NO_ROOM}, then nothing has happened; {@link #DROPPED}, then
     *     it was counted and its buffers are the caller's to free.
     */
    private int writeIrregular(
            final MemorySegment view,
            final PacketVector vector,
            final int i,
            final int first,
            final int room) {
        final int flags = vector.flags(i);
        final boolean isCut = TxOffload.isCut(vector, i);
        final Counter refused = refusal(vector, i, flags, isCut);
        if (refused != null) {
            refused.increment();
            return DROPPED;
        }
        long command = TxOffload.command(vector, i);
        long context =
                isCut && command != TxOffload.REFUSED
                        ? TxOffload.segmentation(pool, vector, i, frameBytesMax)
                        : 0;
        if (command == TxOffload.REFUSED || context == TxOffload.REFUSED) {
            offloadDrops.increment();
            return DROPPED;
        }
        final int pieces = pieces(vector, i, flags);
        final boolean isOuter =
                (flags & PacketVector.FLAG_VLAN) != 0 && vlanLocation == VlanTagLocation.L2TAG2;
        final int needed = pieces + (isCut || isOuter ? 1 : 0);
        if (needed >= ringLength || (!isCut && pieces > TxOffload.PIECES_MAX)) {
            pieceDrops.increment();
            return DROPPED;
        }
        if (needed > room) {
            return NO_ROOM;
        }
        int slot = first;
        if (needed > pieces) {
            context |= isOuter ? TxDescriptor.IL2TAG2 : 0;
            writeContext(view, slot, context, isOuter ? vector.vlan(i) : 0);
            slot = after(slot);
        }
        if ((flags & PacketVector.FLAGS_TX_OFFLOAD) != 0) {
            TxOffload.prepare(pool, vector, i, isCut);
        }
        command |= TxDescriptor.DTYPE_DATA | TxDescriptor.ICRC;
        if ((flags & PacketVector.FLAG_INNER_VLAN) != 0) {
            command |=
                    TxDescriptor.IL2TAG1 | (long) vector.innerVlan(i) << TxDescriptor.L2TAG1_SHIFT;
        } else if ((flags & PacketVector.FLAG_VLAN) != 0 && !isOuter) {
            command |= TxDescriptor.IL2TAG1 | (long) vector.vlan(i) << TxDescriptor.L2TAG1_SHIFT;
        }
        writePieces(view, vector, i, slot, pieces, command);
        if (isCut) {
            count(vector, i);
        }
        return needed;
    }

    /** Why the device must not see a packet, whatever else it asks for; null if it may. */
    private @Nullable Counter refusal(
            final PacketVector vector, final int i, final int flags, final boolean isCut) {
        final int total = vector.totalBytes(i);
        if (total < TxDescriptor.FRAME_BYTES_MIN) {
            return shortDrops;
        }
        if (total > frameBytesMax && !isCut) {
            return longDrops;
        }
        final boolean isTagged =
                (flags & (PacketVector.FLAG_VLAN | PacketVector.FLAG_INNER_VLAN)) != 0;
        final boolean isInner = (flags & PacketVector.FLAG_INNER_VLAN) != 0;
        return (isTagged && vlanLocation == VlanTagLocation.NONE)
                        || (isInner && vlanLocation != VlanTagLocation.L2TAG2)
                ? vlanDrops
                : null;
    }

    private int pieces(final PacketVector vector, final int i, final int flags) {
        int pieces = 1;
        if ((flags & PacketVector.FLAG_SEGMENTED) != 0) {
            int buffer = pool.next(vector.buffer(i));
            while (buffer != PacketPool.NONE) {
                pieces++;
                buffer = pool.next(buffer);
            }
        }
        return pieces;
    }

    private void writePieces(
            final MemorySegment view,
            final PacketVector vector,
            final int i,
            final int first,
            final int pieces,
            final long command) {
        int slot = first;
        int buffer = vector.buffer(i);
        int offsetBytes = vector.offsetBytes(i);
        int lengthBytes = vector.lengthBytes(i);
        for (int left = pieces; left > 0; left--) {
            final long offset = base + (long) slot * TxDescriptor.BYTES;
            buffers[slot] = buffer;
            DeviceMemory.QWORD.set(
                    view,
                    offset + TxDescriptor.QWORD0_OFFSET,
                    poolIova + buffer * strideBytes + offsetBytes);
            DeviceMemory.QWORD.set(
                    view,
                    offset + TxDescriptor.QWORD1_OFFSET,
                    command
                            | (left == 1 ? TxDescriptor.EOP : 0)
                            | (long) lengthBytes << TxDescriptor.LENGTH_SHIFT);
            slot = after(slot);
            if (left > 1) {
                buffer = pool.next(buffer);
                offsetBytes = pool.pieceOffsetBytes(buffer);
                lengthBytes = pool.pieceLengthBytes(buffer);
            }
        }
    }

    /** Frames and bytes that leave are counted, with the headers of every segment. */
    private void count(final PacketVector vector, final int i) {
        final int headers = TxOffload.headerBytes(vector, i);
        final int payload = vector.totalBytes(i) - headers;
        final int more = (payload - 1) / vector.segmentBytes(i);
        extraFrames += more;
        burstBytes += (long) more * headers;
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

    /** Publishes how full the ring is; for now and then, not for every burst. */
    public void publishLevels() {
        outstandingLevel.set(used);
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

    /**
     * Says which pool its buffers are taken from and go back to from now on: that of the poller
     * that it was handed to.
     *
     * @param next shares the memory of the pool that the queue was made with.
     * @throws IllegalArgumentException for a pool of other memory.
     */
    public void pool(final PacketPool next) {
        if (next.sharedMemory() != pool.sharedMemory()) {
            throw new IllegalArgumentException("the pool's memory is not the queue's");
        }
        pool = next;
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

    /**
     * Frames given to the device, each segment of a packet that is cut counted. Any thread, as all
     * counters; they never go back.
     */
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

    /**
     * Calls of {@link #transmit} that gave the device so many packets, in buckets as {@link
     * RxQueue#burstCount(int)} has them.
     *
     * @param bucket 0 to {@link BurstSizes#COUNT} - 1.
     * @return how many calls.
     */
    public long burstCount(final int bucket) {
        return burstSizes[bucket].value();
    }

    /** What a packet goes through here and why, in words; not while the queue is being prepared. */
    public String path() {
        return "one descriptor for a packet, more for one of several buffers, VLAN tags "
                + switch (vlanLocation) {
                    case NONE -> "refused: the PF offers no insertion";
                    case L2TAG1 -> "in L2TAG1";
                    case L2TAG2 -> "in L2TAG2, which takes a context descriptor";
                }
                + ", frames of up to "
                + frameBytesMax
                + " bytes, "
                + DeviceMemory.mode();
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

    /** Packets dropped because they wanted a VLAN tag that the device can't insert. */
    public long vlanDropCount() {
        return vlanDrops.value();
    }

    /** Packets dropped because they asked for a checksum or segmentation that can't be. */
    public long offloadDropCount() {
        return offloadDrops.value();
    }

    /** Packets dropped because they were in more buffers than the device fetches. */
    public long pieceDropCount() {
        return pieceDrops.value();
    }

    private void writeContext(
            final MemorySegment view, final int slot, final long commands, final int vlan) {
        final long offset = base + (long) slot * TxDescriptor.BYTES;
        buffers[slot] = PacketPool.NONE;
        contexts++;
        DeviceMemory.QWORD.set(
                view,
                offset + TxDescriptor.QWORD0_OFFSET,
                (long) vlan << TxDescriptor.L2TAG2_SHIFT);
        DeviceMemory.QWORD.set(
                view, offset + TxDescriptor.QWORD1_OFFSET, TxDescriptor.DTYPE_CONTEXT | commands);
    }

    private void remember(final int slot) {
        final int free = firstReport + reports;
        reportSlots[free < ringLength ? free : free - ringLength] = slot;
        reports++;
    }

    /** Frees the buffers of the slots before {@code end}; there is at least one. */
    private void freeTo(final int end) {
        final int start = nextToFree;
        nextToFree = end;
        if (end > start) {
            used -= end - start;
            free(start, end);
        } else {
            used -= end - start + ringLength;
            free(start, ringLength);
            free(0, end);
        }
    }

    private void free(final int from, final int end) {
        if (contexts == 0) {
            pool.free(buffers, from, end - from);
            return;
        }
        for (int slot = from; slot < end; slot++) {
            final int buffer = buffers[slot];
            if (buffer == PacketPool.NONE) {
                contexts--;
            } else {
                pool.free(buffer);
            }
        }
    }

    private int after(final int slot) {
        return slot + 1 == ringLength ? 0 : slot + 1;
    }
}
