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
public final class TxQueue extends DescriptorQueue {
    /** What can't be done in one data descriptor. */
    private static final int IRREGULAR =
            PacketVector.FLAG_SEGMENTED
                    | PacketVector.FLAG_INNER_VLAN
                    | PacketVector.FLAGS_TX_OFFLOAD;

    /** {@link #writeIrregular}: no room in the ring now. */
    private static final int NO_ROOM = 0;

    /** {@link #writeIrregular}: dropped and counted. */
    private static final int DROPPED = -1;

    private int frameBytesMax;
    private boolean tunnels;

    /** A circle of the slots whose descriptors have RS, oldest first. */
    private final int[] reportSlots;

    private final TxQueueCounters counters;

    /** Context descriptors in the ring: slots without a buffer. */
    private int contexts;

    /** Frames that {@link #writeIrregular} made of packets in this burst, beyond one each. */
    private int extraFrames;

    /** Bytes of all frames of this burst. */
    private long burstBytes;

    private int nextToUse;
    private int nextToFree;
    private int used;
    private int firstReport;
    private int reports;

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
        super(
                "Tx",
                index,
                ring,
                ringLength,
                TxDescriptor.BYTES,
                pool,
                poolIova,
                tailRegister,
                vlanLocation);
        checkFrameBytes(frameBytesMax);
        this.frameBytesMax = frameBytesMax;
        reportSlots = new int[ringLength];
        this.counters = new TxQueueCounters(counters, index, ringLength);
    }

    /**
     * Empties the ring, freeing what it still held, and writes the tail. The device must not be
     * using the ring: call it before the queue is enabled, and again after each stop or reset.
     */
    public void start() {
        reclaim();
        clear(TxDescriptor.BYTES);
        ring(0);
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
        final int size = vector.size();
        int room = available();
        int slot = nextToUse;
        int dropped = 0;
        int taken = 0;
        while (taken < size) {
            final int fine = run(vector, taken, slot, Math.min(room, size - taken));
            taken += fine;
            room -= fine;
            slot += fine;
            slot = slot == ringLength ? 0 : slot;
            if (taken < size && (room == 0 || !isRegular(vector, taken))) {
                final int written = writeIrregular(vector, taken, slot, room);
                if (written == NO_ROOM) {
                    counters.full.increment();
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
            report(slot == 0 ? ringLength - 1 : slot - 1);
            used = ringLength - 1 - room;
            nextToUse = slot;
            ring(slot);
            counters.burst(taken - dropped);
            counters.packets.add(taken - dropped + extraFrames);
            counters.bytes.add(burstBytes);
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
            final PacketVector vector, final int from, final int firstSlot, final int limit) {
        final int[] slotBuffers = buffers;
        final int end = Math.min(limit, ringLength - firstSlot);
        final int refused =
                vlanLocation == VlanTagLocation.L2TAG1
                        ? IRREGULAR
                        : IRREGULAR | PacketVector.FLAG_VLAN;
        final int lengthMax = frameBytesMax;
        long sum = 0;
        int i = 0;
        for (; i < end; i++) {
            // All that the vector says before the first branch: so it is loaded once.
            final int flags = vector.flags(from + i);
            final int vlan = vector.vlan(from + i);
            final int length = vector.lengthBytes(from + i);
            final int buffer = vector.buffer(from + i);
            final int start = vector.offsetBytes(from + i);
            if ((flags & refused) != 0
                    || length < TxDescriptor.FRAME_BYTES_MIN
                    || length > lengthMax) {
                break;
            }
            long qword1 =
                    TxDescriptor.DTYPE_DATA
                            | TxDescriptor.EOP
                            | TxDescriptor.ICRC
                            | (long) length << TxDescriptor.LENGTH_SHIFT;
            if ((flags & PacketVector.FLAG_VLAN) != 0) {
                qword1 |= TxDescriptor.IL2TAG1 | (long) vlan << TxDescriptor.L2TAG1_SHIFT;
            }
            final int slot = firstSlot + i;
            final long offset = base + (long) slot * TxDescriptor.BYTES;
            slotBuffers[slot] = buffer;
            qword(offset + TxDescriptor.QWORD0_OFFSET, poolIova + buffer * strideBytes + start);
            qword(offset + TxDescriptor.QWORD1_OFFSET, qword1);
            sum += length;
        }
        burstBytes += sum;
        return i;
    }

    /** Asks the device to say when it is done with a descriptor, which is the burst's last. */
    private void report(final int slot) {
        final long offset = base + (long) slot * TxDescriptor.BYTES + TxDescriptor.QWORD1_OFFSET;
        qword(offset, qword(offset) | TxDescriptor.RS);
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
            final PacketVector vector, final int i, final int first, final int room) {
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
        final boolean isTunnel =
                (flags & PacketVector.FLAG_TX_TUNNEL) != 0
                        && (flags & PacketVector.FLAGS_TX_OFFLOAD) != 0;
        final long tunnel =
                !isTunnel ? 0 : tunnels ? TxOffload.tunnel(vector, i) : TxOffload.REFUSED;
        if (command == TxOffload.REFUSED
                || context == TxOffload.REFUSED
                || tunnel == TxOffload.REFUSED) {
            counters.offloadDrops.increment();
            return DROPPED;
        }
        final int pieces = pieces(vector, i, flags);
        final boolean isOuter =
                (flags & PacketVector.FLAG_VLAN) != 0 && vlanLocation == VlanTagLocation.L2TAG2;
        final int needed = pieces + (isCut || isOuter || isTunnel ? 1 : 0);
        if (needed >= ringLength || (!isCut && pieces > TxOffload.PIECES_MAX)) {
            counters.pieceDrops.increment();
            return DROPPED;
        }
        if (needed > room) {
            return NO_ROOM;
        }
        int slot = first;
        if (needed > pieces) {
            context |= isOuter ? TxDescriptor.IL2TAG2 : 0;
            final long tag = isOuter ? (long) vector.vlan(i) << TxDescriptor.L2TAG2_SHIFT : 0;
            writeContext(slot, context, tag | tunnel);
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
        writePieces(vector, i, slot, pieces, command);
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
            return counters.shortDrops;
        }
        if (total > frameBytesMax && !isCut) {
            return counters.longDrops;
        }
        final boolean isTagged =
                (flags & (PacketVector.FLAG_VLAN | PacketVector.FLAG_INNER_VLAN)) != 0;
        final boolean isInner = (flags & PacketVector.FLAG_INNER_VLAN) != 0;
        return (isTagged && vlanLocation == VlanTagLocation.NONE)
                        || (isInner && vlanLocation != VlanTagLocation.L2TAG2)
                ? counters.vlanDrops
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
            qword(
                    offset + TxDescriptor.QWORD0_OFFSET,
                    poolIova + buffer * strideBytes + offsetBytes);
            qword(
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
        while (reports > 0) {
            final int slot = reportSlots[firstReport];
            final long qword1 =
                    DeviceMemory.getAcquire(
                            memory,
                            base + (long) slot * TxDescriptor.BYTES + TxDescriptor.QWORD1_OFFSET);
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

    @Override
    public void publishLevels() {
        counters.outstandingLevel.set(used);
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

    /**
     * Says whether the PF lets the VF ask for checksums and segments inside tunnels (ENCAP).
     *
     * @param areOffered whether; no other thread may be using the queue.
     */
    void tunnels(final boolean areOffered) {
        tunnels = areOffered;
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

    /** What is counted. */
    public TxQueueCounters counters() {
        return counters;
    }

    @Override
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

    private void writeContext(final int slot, final long commands, final long parameters) {
        final long offset = base + (long) slot * TxDescriptor.BYTES;
        buffers[slot] = PacketPool.NONE;
        contexts++;
        qword(offset + TxDescriptor.QWORD0_OFFSET, parameters);
        qword(offset + TxDescriptor.QWORD1_OFFSET, TxDescriptor.DTYPE_CONTEXT | commands);
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
}
