package dev.javf.virtio.net;

import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.packet.VirtioHeader;
import dev.javf.virtio.Feature;

import java.lang.foreign.MemorySegment;

/** What the guest receives: to which of its pairs, whether at all. For the poller's thread. */
final class GuestReception {
    /** Tag and header that are put before a frame. */
    static final int MIN_HEADROOM_BYTES = VirtioHeader.LENGTH_BYTES + Ethernet.VLAN_TAG_BYTES;

    private final NetSettings settings;
    private final NetQueues queues;
    private final VlanTable vlans;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final NetCounters counters;

    /** Flags of packets that aren't just to be copied. */
    private final int specialFlags;

    private final PendingBursts pendingBursts = new PendingBursts();

    GuestReception(
            final NetSettings settings,
            final NetQueues queues,
            final VlanTable vlans,
            final PacketPool pool,
            final NetCounters counters) {
        this.settings = settings;
        this.queues = queues;
        this.vlans = vlans;
        this.pool = pool;
        this.counters = counters;
        memory = pool.memory();
        specialFlags =
                PacketVector.FLAG_SEGMENTED
                        | PacketVector.FLAGS_TX_OFFLOAD
                        | (settings.isTrunk() ? PacketVector.FLAG_VLAN : 0);
    }

    void reset() {
        pendingBursts.clear();
    }

    /** As {@link dev.javf.packet.PacketPort#offloads}. */
    int offloads() {
        if (!queues.has(Feature.GUEST_CSUM)) {
            return 0;
        }
        return queues.has(Feature.GUEST_TSO4)
                        && queues.has(Feature.GUEST_TSO6)
                        && queues.has(Feature.MRG_RXBUF)
                ? PacketVector.FLAGS_TX_OFFLOAD
                : PacketVector.FLAG_TX_L4_CHECKSUM;
    }

    /** As {@link dev.javf.packet.PacketPort#transmit}. */
    int give(final PacketVector vector) {
        // A burst that ended in an InternalError isn't published.
        pendingBursts.clear();
        final int size = vector.size();
        int taken = 0;
        try {
            while (taken < size) {
                int given = givePlain(vector, taken);
                if (given == 0) {
                    if (!give(vector, taken)) {
                        break;
                    }
                    given = 1;
                }
                for (; given > 0; given--) {
                    pool.free(vector, taken);
                    taken++;
                }
            }
        } finally {
            // Also when a page of the guest's memory is gone: what was freed isn't the caller's.
            vector.removeFirst(taken);
        }
        while (!pendingBursts.isEmpty()) {
            final int pair = pendingBursts.removeFirst();
            final ReceiveRing ring = queues.receiveRing(pair);
            ring.end();
            queues.publish(NetQueues.receiveIndex(pair), ring.queue());
        }
        return taken;
    }

    /** Gives packets for one pair that need nothing but to be copied, as many as there are. */
    private int givePlain(final PacketVector vector, final int from) {
        final int pair = pairFor(vector, from);
        int end = from;
        while (end < vector.size() && isPlain(vector, end) && pairFor(vector, end) == pair) {
            end++;
        }
        if (end == from || !begin(pair)) {
            return 0;
        }
        final int given = queues.receiveRing(pair).giveSingles(vector, from, end - from);
        long bytes = 0;
        for (int i = from; i < from + given; i++) {
            bytes += vector.lengthBytes(i);
        }
        counters.txPackets().add(given);
        counters.txBytes().add(bytes);
        return given;
    }

    private boolean isPlain(final PacketVector vector, final int i) {
        return (vector.flags(i) & specialFlags) == 0
                && vector.lengthBytes(i) >= Ethernet.HEADER_BYTES
                && vector.lengthBytes(i) <= settings.maxFrameBytes();
    }

    /** Whether a pair can be given packets; then its burst has begun. */
    private boolean begin(final int pair) {
        if (pendingBursts.contains(pair)) {
            return true;
        }
        if (!queues.isRunning()
                || pair >= queues.pairs()
                || queues.activePairs() == 0
                || !queues.receiveRing(pair).begin()) {
            return false;
        }
        pendingBursts.add(pair);
        return true;
    }

    /** False if there is no room for the packet now. */
    private boolean give(final PacketVector vector, final int i) {
        final int pair = pairFor(vector, i);
        if (!begin(pair)) {
            counters.txStopped().increment();
            return true;
        }
        final boolean isTagged = isTagged(vector, i);
        if (isTagged && !isVlanWanted(vector.vlan(i))) {
            counters.txVlan().increment();
            return true;
        }
        final int tagBytes = isTagged ? Ethernet.VLAN_TAG_BYTES : 0;
        final int frameBytes = vector.totalBytes(i) + tagBytes;
        if (isTooLong(vector, i, frameBytes)) {
            counters.txTooLong().increment();
            return true;
        }
        final ReceiveRing ring = queues.receiveRing(pair);
        long start = pool.bufferOffset(vector.buffer(i)) + frameOffset(vector, i);
        if (isTagged) {
            VlanTags.insert(memory, start, vector.vlan(i));
            start -= Ethernet.VLAN_TAG_BYTES;
        }
        start -= VirtioHeader.LENGTH_BYTES;
        if (!writeHeader(vector, i, start, tagBytes)) {
            counters.txTooLong().increment();
            return true;
        }
        final int headBytes = VirtioHeader.LENGTH_BYTES + tagBytes;
        return switch (ring.give(
                vector,
                i,
                start,
                headBytes + vector.lengthBytes(i),
                VirtioHeader.LENGTH_BYTES + frameBytes)) {
            case GIVEN -> {
                counters.txPackets().increment();
                counters.txBytes().add(frameBytes - tagBytes);
                yield true;
            }
            case TOO_LONG -> {
                counters.txTooLong().increment();
                yield true;
            }
            case FAULT -> {
                queues.check(NetQueues.receiveIndex(pair), ring.queue());
                counters.txStopped().increment();
                yield true;
            }
            case FULL -> {
                // The caller keeps the packet, as it was.
                if (isTagged) {
                    VlanTags.remove(memory, start + VirtioHeader.LENGTH_BYTES);
                }
                yield false;
            }
        };
    }

    private boolean isTooLong(final PacketVector vector, final int i, final int frameBytes) {
        return (frameBytes > settings.maxFrameBytes()
                        && (vector.flags(i) & PacketVector.FLAG_TX_SEGMENT) == 0)
                || (vector.offsetBytes(i) < MIN_HEADROOM_BYTES
                        && vector.lengthBytes(i) > pool.dataCapacityBytes());
    }

    private boolean writeHeader(
            final PacketVector vector, final int i, final long header, final int tagBytes) {
        final int flags = vector.flags(i);
        if ((flags & PacketVector.FLAGS_TX_OFFLOAD) != 0) {
            return VirtioHeader.writeRequest(pool, header, vector, i, tagBytes);
        }
        VirtioHeader.write(
                memory,
                header,
                (flags & PacketVector.FLAG_L4_CHECKSUM_GOOD) != 0 && queues.has(Feature.GUEST_CSUM)
                        ? VirtioHeader.DATA_VALID
                        : 0);
        return true;
    }

    /** Where the frame starts in its buffer, after it was moved if there was no room before it. */
    private long frameOffset(final PacketVector vector, final int i) {
        final int offset = vector.offsetBytes(i);
        if (offset >= MIN_HEADROOM_BYTES) {
            return offset;
        }
        final long buffer = pool.bufferOffset(vector.buffer(i));
        MemorySegment.copy(
                memory,
                buffer + offset,
                memory,
                buffer + pool.headroomBytes(),
                vector.lengthBytes(i));
        vector.moved(i, pool.headroomBytes());
        return pool.headroomBytes();
    }

    /** Flows that the NIC has told apart keep to one pair each. */
    private int pairFor(final PacketVector vector, final int i) {
        final int pairs = queues.activePairs();
        return pairs > 1 && (vector.flags(i) & PacketVector.FLAG_HASH) != 0
                ? Integer.remainderUnsigned(vector.hash(i), pairs)
                : 0;
    }

    private boolean isTagged(final PacketVector vector, final int i) {
        return settings.isTrunk() && (vector.flags(i) & PacketVector.FLAG_VLAN) != 0;
    }

    /** With CTRL_VLAN the table of VLANs starts empty; without it all are welcome (5.1.6.5.3). */
    private boolean isVlanWanted(final int tag) {
        final int vlan = tag & Ethernet.VLAN_ID_MASK;
        return vlan == 0 || !queues.has(Feature.CTRL_VLAN) || vlans.contains(vlan);
    }
}
