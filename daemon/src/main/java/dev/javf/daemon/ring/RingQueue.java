package dev.javf.daemon.ring;

import dev.javf.client.RingConsumer;
import dev.javf.client.RingDirection;
import dev.javf.client.RingLayout;
import dev.javf.client.RingProducer;
import dev.javf.daemon.PortCounters;
import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * The poller's side of one of a ring port's queues: a ring for each direction. Of what the client
 * writes it reads each word once, and believes it only if it can be. What the two modes of a port
 * differ in is whose the buffers are: see {@link CopyQueue} and {@link ZeroCopyQueue}.
 *
 * <p>Packets for the client are put between {@link #begin} and {@link #publish}.
 */
abstract sealed class RingQueue permits CopyQueue, ZeroCopyQueue {
    static final MemorySegment ALL = UncheckedMemory.ALL;

    /** What {@link #place} returns of a packet that can't be put. */
    static final long NOWHERE = -1;

    /** What a client is told of a packet, besides its tag. */
    private static final int FLAGS_TO_CLIENT =
            PacketVector.FLAG_IP_CHECKSUM_GOOD
                    | PacketVector.FLAG_IP_CHECKSUM_BAD
                    | PacketVector.FLAG_L4_CHECKSUM_GOOD
                    | PacketVector.FLAG_L4_CHECKSUM_BAD
                    | PacketVector.FLAG_HASH
                    | PacketVector.FLAG_LOOPBACK;

    final RingProducer rx;
    final RingConsumer tx;
    final PacketPool pool;
    final PortCounters counters;
    final int slots;
    final int maxFrameBytes;

    private final int number;
    private final RingSession session;
    private final RingCounters ringCounters;
    private final boolean isTrunk;

    /** Of the burst that is being put. */
    private int room;

    private int put;
    private long bytes;

    /**
     * A queue of a session that has just been made.
     *
     * @param port whose.
     * @param session whose.
     * @param number of the queue.
     */
    RingQueue(final RingPort port, final RingSession session, final int number) {
        this.number = number;
        this.session = session;
        final RingSettings settings = port.settings();
        slots = settings.slots();
        final long base = session.ringsAddress(number);
        rx = new RingProducer(base, RingDirection.RX, slots);
        tx = new RingConsumer(base, RingDirection.TX, slots);
        pool = port.pool();
        counters = port.counters();
        ringCounters = port.ringCounters();
        isTrunk = settings.isTrunk();
        maxFrameBytes = settings.maxFrameBytes();
    }

    /** Whether the client can be served from now on; if not, it is asked again. */
    boolean start() {
        return true;
    }

    /**
     * What there is to do besides packets.
     *
     * @return what the client has lied about; null if nothing.
     */
    @Nullable Violation doWork() {
        return null;
    }

    /** Takes back all that the client has. It is used no more. */
    void leave() {}

    /** A fault has ended {@link #receive}. */
    void abandon() {}

    /** Most packets that can be taken from the client now. */
    int takeable() {
        return slots;
    }

    /** What is wrong with where a packet of the client is; null if nothing. */
    abstract @Nullable Violation checkPlace(int slot, long place);

    /**
     * Takes a packet of the client.
     *
     * @param vector gets it, unless it is dropped and counted.
     * @param i of the slot.
     * @param place the slot's first word, checked.
     * @param vlan of its tag.
     * @param flags checked.
     * @return false if that can't be done now.
     */
    abstract boolean take(PacketVector vector, int i, long place, int vlan, int flags);

    /**
     * Finds a place for a packet for the client.
     *
     * @param vector has it.
     * @param from its place there.
     * @param i of the slot.
     * @param lengthBytes of the packet.
     * @return the slot's first word, or {@link #NOWHERE}.
     */
    abstract long place(PacketVector vector, int from, int i, int lengthBytes);

    /** The client gets a packet; whether its buffer is the client's from now on. */
    abstract boolean give(int buffer);

    /**
     * Appends packets of the client to a vector.
     *
     * @return what the client has lied about; null if nothing.
     */
    final @Nullable Violation receive(final PacketVector vector) {
        final int count = tx.available(Math.min(vector.room(), takeable()));
        if (count <= 0) {
            return count == RingConsumer.CORRUPT ? Violation.POSITION : null;
        }
        final int before = vector.size();
        Violation violation = null;
        int taken = 0;
        while (taken < count) {
            final long place = tx.place(taken);
            final long kind = tx.kind(taken);
            final int flags = RingLayout.flags(kind);
            violation = check(tx.slot(taken), place, flags);
            if (violation != null
                    || ((flags == 0 || mayTag(RingLayout.vlan(kind)))
                            && !take(vector, taken, place, RingLayout.vlan(kind), flags))) {
                break;
            }
            taken++;
        }
        if (taken > 0) {
            tx.release(taken);
        }
        count(vector, before);
        return violation;
    }

    private @Nullable Violation check(final int slot, final long place, final int flags) {
        final Violation violation = checkPlace(slot, place);
        return violation != null || (flags & ~PacketVector.FLAG_VLAN) == 0
                ? violation
                : Violation.FLAGS;
    }

    private void count(final PacketVector vector, final int from) {
        long sum = 0;
        for (int i = from; i < vector.size(); i++) {
            sum += vector.totalBytes(i);
        }
        counters.rxPackets().add(vector.size() - from);
        counters.rxBytes().add(sum);
    }

    /** Whether the client may send with a tag; counts it if not. */
    private boolean mayTag(final int vlan) {
        if (!isTrunk) {
            counters.rxTagged().increment();
            return false;
        }
        return isGranted(vlan);
    }

    private boolean isGranted(final int vlan) {
        final int id = vlan & Ethernet.VLAN_ID_MASK;
        final boolean isGranted = id == 0 || session.granted().contains(id);
        if (!isGranted) {
            ringCounters.notAsked().increment();
        }
        return isGranted;
    }

    /**
     * Before the first packet of a burst.
     *
     * @param wanted most packets.
     * @return what the client has lied about; null if nothing.
     */
    @Nullable Violation begin(final int wanted) {
        put = 0;
        bytes = 0;
        room = rx.room(wanted);
        return room == RingProducer.CORRUPT ? Violation.POSITION : null;
    }

    /**
     * Puts a packet for the client, or drops and counts it.
     *
     * @param vector has it.
     * @param i its place there.
     * @return whether its buffer is the client's from now on.
     */
    final boolean put(final PacketVector vector, final int i) {
        if (put == room) {
            counters.txFull().increment();
            return false;
        }
        final int lengthBytes = vector.totalBytes(i);
        final int flags = vector.flags(i);
        final boolean isTagged = (flags & PacketVector.FLAG_VLAN) != 0;
        if (lengthBytes > maxFrameBytes) {
            counters.txErrors().increment();
            return false;
        }
        if (isTrunk && isTagged && !isGranted(vector.vlan(i))) {
            return false;
        }
        final long place = place(vector, i, put, lengthBytes);
        if (place == NOWHERE) {
            counters.txErrors().increment();
            return false;
        }
        final int known = (flags & FLAGS_TO_CLIENT) | vector.packetType(i);
        rx.put(
                put,
                place,
                isTrunk && isTagged
                        ? RingLayout.kind(known | PacketVector.FLAG_VLAN, vector.vlan(i))
                        : RingLayout.kind(known, 0));
        if ((flags & PacketVector.FLAG_HASH) != 0) {
            rx.hash(put, vector.hash(i));
        }
        put++;
        bytes += lengthBytes;
        return give(vector.buffer(i));
    }

    /** Shows the client what was put. */
    final void publish() {
        if (put > 0) {
            rx.publish(put);
            counters.txPackets().add(put);
            counters.txBytes().add(bytes);
            if (session.wakeUp(number)) {
                ringCounters.wakeUps().increment();
            }
        }
    }
}
