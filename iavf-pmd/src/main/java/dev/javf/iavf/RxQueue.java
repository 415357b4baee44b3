package dev.javf.iavf;

import dev.javf.packet.Counters;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * A receive queue: a ring of descriptors ({@link RxDescriptor}, {@link RxFlexDescriptor}), each
 * with a buffer of the pool that the device is to fill.
 *
 * <pre>
 *        next                          refill
 *         v                              v
 *  -------+------------------------------+---------------+------
 *         |  the device's, or filled     |  taken, bare  |         (a circle)
 *  -------+----------------------------+-+---------------+------
 *                                      ^
 *                                      tail: what the doorbell holds
 * </pre>
 *
 * Taken descriptors get new buffers in blocks of 32, and the tail is written once per burst. It
 * stays one behind the last descriptor with a buffer: a device whose tail equals its head has none
 * left, so a full ring must not look like that.
 *
 * <p>A burst is taken in two passes: the first counts the descriptors that are done and ends with
 * the one acquire fence, the second reads them plainly, each quadword once, so that no field has to
 * be loaded again for each packet.
 *
 * <p>All methods but the counters are for one thread, the poller, which also owns the pool. Nothing
 * here allocates, blocks or throws for anything that the device does. What the device wrote back is
 * checked: no more descriptors are believed done than it was given, and a packet that is longer
 * than its buffer, or spread over more than {@link #PIECES_MAX}, is dropped and counted.
 */
public final class RxQueue extends DescriptorQueue {
    /** Buffers that a packet may fill (Linux iavf driver). */
    public static final int PIECES_MAX = 5;

    private static final int BLOCK = 32;

    /** A packet is fine when of these exactly EOF is set. */
    private static final long FINE_MASK =
            RxDescriptor.EOF | RxDescriptor.RXE | RxDescriptor.OVERSIZE;

    /** The same for flexible descriptors, which don't report OVERSIZE. */
    private static final long FLEX_FINE_MASK = RxDescriptor.EOF | RxFlexDescriptor.RXE;

    private final long dataIova;
    private final int headroomBytes;
    private final int lengthBytesMax;

    private final RxQueueCounters counters;
    private final RxPieces pieces;
    private final VlansSeen vlansSeen = new VlansSeen();
    private boolean innerTags;
    private boolean flexible;

    /** The clock that timestamps are of; null if none are wanted. */
    private @Nullable DeviceClock clock;

    private int next;
    private int refill;
    private int bare;

    /** Bytes of the packets that {@link #run} took last. */
    private long runBytes;

    /**
     * A queue without buffers; {@link #start} gives it some.
     *
     * @param index of the queue in its VF, 0 to 255.
     * @param ring the descriptors' memory, at least {@code ringLength} * 32 bytes, at an I/O
     *     virtual address that is a multiple of 128; it stays mapped until {@link #reclaim}.
     * @param ringLength descriptors: 64 to 8096, a multiple of 32.
     * @param pool where buffers come from; its memory must be mapped for the device.
     * @param poolIova the device's address of the first byte of the pool's memory.
     * @param tailRegister QRX_TAIL1 of the queue, 4 bytes.
     * @param vlanLocation where the device puts stripped tags.
     * @throws IllegalArgumentException when ring length, memory or alignment are wrong.
     */
    public RxQueue(
            final int index,
            final DmaMapping ring,
            final int ringLength,
            final PacketPool pool,
            final long poolIova,
            final MemorySegment tailRegister,
            final VlanTagLocation vlanLocation) {
        this(index, ring, ringLength, pool, poolIova, tailRegister, vlanLocation, Counters.PRIVATE);
    }

    RxQueue(
            final int index,
            final DmaMapping ring,
            final int ringLength,
            final PacketPool pool,
            final long poolIova,
            final MemorySegment tailRegister,
            final VlanTagLocation vlanLocation,
            final Counters counters) {
        super(
                "Rx",
                index,
                ring,
                ringLength,
                RxDescriptor.BYTES,
                pool,
                poolIova,
                tailRegister,
                vlanLocation);
        dataIova = poolIova + pool.headroomBytes();
        headroomBytes = pool.headroomBytes();
        lengthBytesMax = pool.dataCapacityBytes();
        bare = ringLength;
        this.counters = new RxQueueCounters(counters, index, ringLength);
        pieces = new RxPieces(this.counters, pool);
    }

    /**
     * Gives the device a buffer for every descriptor and writes the tail. The device must not be
     * using the ring: call it before the queue is enabled, and again after each stop or reset;
     * buffers that the queue still holds are used again.
     *
     * @return descriptors that got a buffer; fewer than the ring's length when the pool ran short.
     *     The others get theirs as buffers come back.
     */
    public int start() {
        reclaim();
        clear(RxDescriptor.BYTES);
        if (pool.available() < BLOCK) {
            ring(0);
        }
        started = true;
        refill();
        return ringLength - bare;
    }

    /**
     * Takes the buffers back into the pool. The device must not be using the ring any more: the
     * queue was disabled, or the VF reset. Until {@link #start} nothing is received.
     */
    public void reclaim() {
        for (int held = ringLength - bare, slot = next; held > 0; held--) {
            pool.free(buffers[slot]);
            slot = after(slot);
        }
        pieces.reclaim(pool);
        next = 0;
        refill = 0;
        bare = ringLength;
        started = false;
    }

    /**
     * Appends packets that have arrived to a vector, as many as it has room for, and gives the
     * device new buffers.
     *
     * @param vector gets them; their buffers belong to the caller.
     * @return how many.
     */
    public int receive(final PacketVector vector) {
        final int count = writtenBack(Math.min(vector.room(), ringLength - bare - 1));
        int appended = 0;
        if (count == 0) {
            counters.emptyPolls.increment();
        } else {
            final int sizeBefore = vector.size();
            counters.bytes.add(flexible ? takeFlexible(vector, count) : take(vector, count));
            appended = vector.size() - sizeBefore;
            counters.packets.add(appended);
            counters.burst(count);
            bare += count;
        }
        if (bare >= BLOCK && started) {
            refill();
        }
        return appended;
    }

    /**
     * Counts the descriptors that are done, and makes what the device wrote before it said so
     * visible: one fence for the burst.
     */
    private int writtenBack(final int limit) {
        final int length = ringLength;
        final long first = base + RxDescriptor.QWORD1_OFFSET;
        int slot = next;
        int count = 0;
        // Plain loads, so that the loop keeps its numbers in registers. The status is loaded again
        // after the fence, and it is that load whose length and errors are believed.
        while (count < limit
                && (qword(first + (long) slot * RxDescriptor.BYTES) & RxDescriptor.DD) != 0) {
            slot = slot + 1 == length ? 0 : slot + 1;
            count++;
        }
        VarHandle.acquireFence();
        return count;
    }

    /** Takes the packets of descriptors that are done; returns the bytes of those it appended. */
    private long take(final PacketVector vector, final int count) {
        long taken = 0;
        int i = 0;
        while (i < count) {
            if (!pieces.isOpen()) {
                i = run(vector, i, Math.min(count, i + ringLength - next));
                taken += runBytes;
            }
            if (i < count && next < ringLength) {
                taken += takeOther(vector);
                i++;
            }
            next = next == ringLength ? 0 : next;
        }
        return taken;
    }

    /**
     * Takes packets as long as they are fine, and stops before the first that isn't, without going
     * round the ring's end. So all arrays are walked from one index upwards.
     */
    private int run(final PacketVector vector, final int from, final int end) {
        final int[] slotBuffers = buffers;
        final int firstSlot = next - from;
        final int firstPlace = vector.size() - from;
        long sum = 0;
        int i = from;
        for (; i < end; i++) {
            final int slot = firstSlot + i;
            final long offset = base + (long) slot * RxDescriptor.BYTES;
            final long qword1 = qword(offset + RxDescriptor.QWORD1_OFFSET);
            final int length =
                    (int) (qword1 >>> RxDescriptor.LENGTH_SHIFT) & RxDescriptor.LENGTH_MASK;
            if ((qword1 & FINE_MASK) != RxDescriptor.EOF
                    || length < Ethernet.HEADER_BYTES
                    || length > lengthBytesMax) {
                break;
            }
            append(vector, firstPlace + i, offset, qword1, slotBuffers[slot], length);
            sum += length;
        }
        runBytes = sum;
        next = firstSlot + i;
        vector.size(firstPlace + i);
        return i;
    }

    /** Takes a descriptor of a packet that isn't fine, or not alone; returns appended bytes. */
    private long takeOther(final PacketVector vector) {
        final int slot = next++;
        final long offset = base + (long) slot * RxDescriptor.BYTES;
        final long qword1 = qword(offset + RxDescriptor.QWORD1_OFFSET);
        final int length = (int) (qword1 >>> RxDescriptor.LENGTH_SHIFT) & RxDescriptor.LENGTH_MASK;
        if (!pieces.add(pool, qword1, buffers[slot], length)) {
            return 0;
        }
        append(vector, vector.size(), offset, qword1, pieces.first(), pieces.firstBytes());
        return pieces.finish(vector);
    }

    /** The same for flexible descriptors, whose length is in quadword 0. */
    private long takeFlexible(final PacketVector vector, final int count) {
        long taken = 0;
        int i = 0;
        while (i < count) {
            if (!pieces.isOpen()) {
                i = runFlexible(vector, i, Math.min(count, i + ringLength - next));
                taken += runBytes;
            }
            if (i < count && next < ringLength) {
                taken += takeOtherFlexible(vector);
                i++;
            }
            next = next == ringLength ? 0 : next;
        }
        return taken;
    }

    private int runFlexible(final PacketVector vector, final int from, final int end) {
        final int[] slotBuffers = buffers;
        final int firstSlot = next - from;
        final int firstPlace = vector.size() - from;
        long sum = 0;
        int i = from;
        for (; i < end; i++) {
            final int slot = firstSlot + i;
            final long offset = base + (long) slot * RxDescriptor.BYTES;
            final long qword1 = qword(offset + RxDescriptor.QWORD1_OFFSET);
            final long qword0 = qword(offset + RxDescriptor.QWORD0_OFFSET);
            final int length =
                    (int) (qword0 >>> RxFlexDescriptor.LENGTH_SHIFT) & RxFlexDescriptor.LENGTH_MASK;
            if ((qword1 & FLEX_FINE_MASK) != RxDescriptor.EOF
                    || length < Ethernet.HEADER_BYTES
                    || length > lengthBytesMax) {
                break;
            }
            appendFlexible(
                    vector, firstPlace + i, offset, qword0, qword1, slotBuffers[slot], length);
            sum += length;
        }
        if (clock != null) {
            for (int stamped = from; stamped < i; stamped++) {
                stamp(vector, firstPlace + stamped, firstSlot + stamped, clock);
            }
        }
        runBytes = sum;
        next = firstSlot + i;
        vector.size(firstPlace + i);
        return i;
    }

    /** Gives a packet its timestamp, if the device has taken one and its clock is known. */
    private void stamp(
            final PacketVector vector,
            final int place,
            final int slot,
            final DeviceClock deviceClock) {
        final long offset = base + (long) slot * RxDescriptor.BYTES;
        final long qword2 = qword(offset + RxDescriptor.QWORD2_OFFSET);
        final long nearNs = deviceClock.lastNs();
        if ((qword2 & RxFlexDescriptor.TIMESTAMP_VALID) != 0 && nearNs != DeviceClock.UNKNOWN) {
            final long qword3 = qword(offset + RxDescriptor.QWORD3_OFFSET);
            final int low = (int) (qword3 >>> RxFlexDescriptor.TIMESTAMP_SHIFT);
            vector.timestamp(place, DeviceClock.extend(nearNs, low));
        }
    }

    private long takeOtherFlexible(final PacketVector vector) {
        final int slot = next++;
        final long offset = base + (long) slot * RxDescriptor.BYTES;
        final long qword1 = qword(offset + RxDescriptor.QWORD1_OFFSET);
        final long qword0 = qword(offset + RxDescriptor.QWORD0_OFFSET);
        final int length =
                (int) (qword0 >>> RxFlexDescriptor.LENGTH_SHIFT) & RxFlexDescriptor.LENGTH_MASK;
        final long damaged = (qword1 & RxFlexDescriptor.RXE) == 0 ? 0 : RxDescriptor.RXE;
        if (!pieces.add(pool, (qword1 & RxDescriptor.EOF) | damaged, buffers[slot], length)) {
            return 0;
        }
        appendFlexible(
                vector, vector.size(), offset, qword0, qword1, pieces.first(), pieces.firstBytes());
        if (clock != null) {
            stamp(vector, vector.size(), slot, clock);
        }
        return pieces.finish(vector);
    }

    /** The VLANs that frames have come of. */
    VlansSeen vlansSeen() {
        return vlansSeen;
    }

    /**
     * Says whether the device strips inner tags besides outer ones from the next {@link #start} on.
     * Means nothing unless tags are at {@link VlanTagLocation#L2TAG2}.
     *
     * @param isOn whether; no other thread may be using the queue.
     */
    void innerTags(final boolean isOn) {
        innerTags = isOn;
    }

    /**
     * Says in which format the device writes back from the next {@link #start} on.
     *
     * @param isFlexible RXDID 2 instead of 1; no other thread may be using the queue.
     */
    void flexible(final boolean isFlexible) {
        flexible = isFlexible;
    }

    /**
     * Says whether flexible descriptors have timestamps from the next {@link #start} on.
     *
     * @param deviceClock that they are of; null for none. No other thread may be using the queue.
     */
    void timestamps(final @Nullable DeviceClock deviceClock) {
        clock = deviceClock;
    }

    /** Bytes that a buffer has room for, for VIRTCHNL_OP_CONFIG_VSI_QUEUES. */
    public int bufferBytes() {
        return lengthBytesMax;
    }

    /** Descriptors that hold a buffer now. */
    public int posted() {
        return ringLength - bare;
    }

    /**
     * Publishes how full the ring is. It looks at each descriptor that is ready, so a poller calls
     * it now and then, not with every burst.
     */
    @Override
    public void publishLevels() {
        final int posted = posted();
        counters.postedLevel.set(posted);
        counters.readyLevel.set(ready(posted));
    }

    /** Whether the device has written a descriptor back that isn't taken yet. */
    public boolean hasReady() {
        return posted() > 0 && ready(1) > 0;
    }

    /** Descriptors that the device has written back and that aren't taken yet. */
    private int ready(final int posted) {
        int slot = next;
        int count = 0;
        while (count < posted
                && (DeviceMemory.getOpaque(
                                        memory,
                                        base
                                                + (long) slot * RxDescriptor.BYTES
                                                + RxDescriptor.QWORD1_OFFSET)
                                & RxDescriptor.DD)
                        != 0) {
            slot = after(slot);
            count++;
        }
        return count;
    }

    /** What is counted. */
    public RxQueueCounters counters() {
        return counters;
    }

    @Override
    public String path() {
        return (flexible ? "flexible descriptors (RXDID 2)" : "legacy descriptors (RXDID 1)")
                + ", VLAN tags "
                + switch (vlanLocation) {
                    case NONE -> "left in the packets: the PF offers no stripping";
                    case L2TAG1 -> "from L2TAG1";
                    case L2TAG2 ->
                            innerTags ? "from L2TAG2, inner ones from L2TAG1" : "from L2TAG2";
                }
                + ", packets of up to "
                + PIECES_MAX * lengthBytesMax
                + " bytes, "
                + DeviceMemory.mode();
    }

    private void append(
            final PacketVector vector,
            final int place,
            final long offset,
            final long qword1,
            final int buffer,
            final int length) {
        final long qword0 = qword(offset + RxDescriptor.QWORD0_OFFSET);
        int flags = RxChecksum.flags(qword1);
        int vlan = 0;
        int hash = 0;
        if (vlanLocation == VlanTagLocation.L2TAG1) {
            if ((qword1 & RxDescriptor.L2TAG1P) != 0) {
                flags |= PacketVector.FLAG_VLAN;
                vlan = (int) (qword0 >>> RxDescriptor.L2TAG1_SHIFT) & RxDescriptor.TAG_MASK;
            }
        } else if (vlanLocation == VlanTagLocation.L2TAG2) {
            final long qword2 = qword(offset + RxDescriptor.QWORD2_OFFSET);
            if ((qword2 & RxDescriptor.L2TAG2P) != 0) {
                flags |= PacketVector.FLAG_VLAN;
                vlan = (int) (qword2 >>> RxDescriptor.L2TAG2_2ND_SHIFT) & RxDescriptor.TAG_MASK;
            }
            if (innerTags && (qword1 & RxDescriptor.L2TAG1P) != 0) {
                flags |= PacketVector.FLAG_INNER_VLAN;
                vlan |=
                        ((int) (qword0 >>> RxDescriptor.L2TAG1_SHIFT) & RxDescriptor.TAG_MASK)
                                << 16;
            }
        }
        if ((qword1 & RxDescriptor.FLTSTAT_MASK) == RxDescriptor.FLTSTAT_RSS_HASH) {
            flags |= PacketVector.FLAG_HASH;
            hash = (int) (qword0 >>> RxDescriptor.HASH_SHIFT);
        }
        if ((qword1 & RxDescriptor.LPBK) != 0) {
            flags |= PacketVector.FLAG_LOOPBACK;
        }
        if ((flags & PacketVector.FLAG_VLAN) != 0) {
            vlansSeen.mark(vlan & RxDescriptor.TAG_MASK);
        }
        vector.put(place, buffer, headroomBytes, length, vlan, flags, hash);
    }

    private void appendFlexible(
            final PacketVector vector,
            final int place,
            final long offset,
            final long qword0,
            final long qword1,
            final int buffer,
            final int length) {
        final int packetType =
                (int) (qword0 >>> RxFlexDescriptor.PTYPE_SHIFT) & RxFlexDescriptor.PTYPE_MASK;
        int flags = RxChecksum.flexFlags(qword1, packetType);
        int vlan = 0;
        int hash = 0;
        if (vlanLocation == VlanTagLocation.L2TAG1) {
            if ((qword1 & RxFlexDescriptor.L2TAG1P) != 0) {
                flags |= PacketVector.FLAG_VLAN;
                vlan = (int) (qword1 >>> RxFlexDescriptor.L2TAG1_SHIFT) & RxDescriptor.TAG_MASK;
            }
        } else if (vlanLocation == VlanTagLocation.L2TAG2) {
            final long qword2 = qword(offset + RxDescriptor.QWORD2_OFFSET);
            if ((qword2 & RxFlexDescriptor.L2TAG2P) != 0) {
                flags |= PacketVector.FLAG_VLAN;
                vlan = (int) (qword2 >>> RxDescriptor.L2TAG2_2ND_SHIFT) & RxDescriptor.TAG_MASK;
            }
            if (innerTags && (qword1 & RxFlexDescriptor.L2TAG1P) != 0) {
                flags |= PacketVector.FLAG_INNER_VLAN;
                vlan |=
                        ((int) (qword1 >>> RxFlexDescriptor.L2TAG1_SHIFT) & RxDescriptor.TAG_MASK)
                                << 16;
            }
        }
        if ((qword1 & RxFlexDescriptor.RSS_VALID) != 0) {
            flags |= PacketVector.FLAG_HASH;
            hash = (int) (qword1 >>> RxFlexDescriptor.HASH_SHIFT);
        }
        if ((qword1 & RxFlexDescriptor.LPBK) != 0) {
            flags |= PacketVector.FLAG_LOOPBACK;
        }
        if ((flags & PacketVector.FLAG_VLAN) != 0) {
            vlansSeen.mark(vlan & RxDescriptor.TAG_MASK);
        }
        vector.put(place, buffer, headroomBytes, length, vlan, flags, hash);
    }

    /** Gives whole blocks of bare descriptors new buffers. */
    private void refill() {
        final int[] slotBuffers = buffers;
        int slot = refill;
        int rest = bare;
        // Ring lengths are multiples of the block, so a block never wraps.
        while (rest >= BLOCK && pool.available() >= BLOCK) {
            pool.allocate(slotBuffers, slot, BLOCK);
            for (final int end = slot + BLOCK; slot < end; slot++) {
                final long offset = base + (long) slot * RxDescriptor.BYTES;
                qword(
                        offset + RxDescriptor.QWORD0_OFFSET,
                        dataIova + slotBuffers[slot] * strideBytes);
                qword(offset + RxDescriptor.QWORD1_OFFSET, 0L);
            }
            slot = slot == ringLength ? 0 : slot;
            rest -= BLOCK;
        }
        if (rest >= BLOCK) {
            counters.noBuffers.increment();
        }
        if (rest != bare) {
            refill = slot;
            bare = rest;
            ring(slot == 0 ? ringLength - 1 : slot - 1);
        }
    }
}
