package dev.javf.daemon.ring;

import dev.javf.client.RingConsumer;
import dev.javf.client.RingLayout;
import dev.javf.client.RingProducer;
import dev.javf.daemon.PortCounters;
import dev.javf.linux.MemoryFault;
import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.AddressFilter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A port whose other end is an application's {@link dev.javf.client.JavfPort}. The poller's side:
 * it copies packets between the shared memory and the pool, and that is all it does. Of what the
 * client writes it reads each word once, and believes it only if it can be; a client that lies ends
 * its session, and nobody else notices.
 */
public final class RingPort implements PacketPort {
    /** What a client is told of a packet. */
    private static final int FLAGS_TO_CLIENT =
            PacketVector.FLAG_IP_CHECKSUM_GOOD
                    | PacketVector.FLAG_IP_CHECKSUM_BAD
                    | PacketVector.FLAG_L4_CHECKSUM_GOOD
                    | PacketVector.FLAG_L4_CHECKSUM_BAD
                    | PacketVector.FLAG_LOOPBACK;

    /** Copied by words up to here, which is faster than a call. */
    private static final int SHORT_BYTES = 256;

    private static final MemorySegment ALL = UncheckedMemory.ALL;

    private final RingSettings settings;
    private final PacketPool pool;
    private final long poolAddress;
    private final boolean isTrunk;
    private final PortCounters counters;
    private final RingCounters ringCounters = new RingCounters();
    private final int[] done = new int[PacketVector.CAPACITY_DEFAULT];
    private @Nullable RingDoor door;
    private AddressFilter addresses;

    /** The first buffer of the packet that is being copied. */
    private int unfinished = PacketPool.NONE;

    /** What the ring thread wants the poller to serve. */
    private volatile @Nullable RingSession offered;

    // For the poller's thread.
    private @Nullable RingSession seen;
    private @Nullable RingSession current;

    /**
     * A port without client.
     *
     * @param settings of the port.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param counters of the port.
     */
    RingPort(final RingSettings settings, final PacketPool pool, final PortCounters counters) {
        this.counters = counters;
        this.settings = settings;
        this.pool = pool;
        poolAddress = pool.memory().address();
        isTrunk = settings.isTrunk();
        addresses = AddressFilter.of(settings.mac());
    }

    /** Before the port is served. */
    void door(final RingDoor serving, final RingAddresses filter) {
        door = serving;
        addresses = filter;
    }

    RingSettings settings() {
        return settings;
    }

    /** The addresses behind the port. */
    AddressFilter addresses() {
        return addresses;
    }

    @Override
    public String name() {
        return settings.name();
    }

    /** What passed, and what did not. */
    public PortCounters counters() {
        return counters;
    }

    /** What else has happened. */
    public RingCounters ringCounters() {
        return ringCounters;
    }

    /** Who is connected, for people; empty if nobody is. */
    public String client() {
        final RingDoor serving = door;
        return serving == null ? "" : serving.client();
    }

    /** Whether it serves nobody any more, and never will. Any thread. */
    boolean isGone() {
        final RingDoor serving = door;
        return serving != null && serving.isGone();
    }

    /** On the ring thread: another session takes the place of the one before. */
    void offer(final @Nullable RingSession session) {
        offered = session;
    }

    @Override
    public int doWork() {
        final RingSession next = offered;
        if (next == seen) {
            return 0;
        }
        leave();
        seen = next;
        if (next != null && next.take()) {
            current = next;
        }
        return 1;
    }

    private void leave() {
        final RingSession before = current;
        current = null;
        if (before != null) {
            before.leave();
        }
    }

    /** Nothing of the session is touched from here on, until the ring thread offers another. */
    private void quarantine(final RingSession session, final Violation violation) {
        ringCounters.violations(violation).increment();
        session.violate(violation);
        leave();
    }

    @Override
    public int receive(final PacketVector vector) {
        final RingSession session = current;
        if (session == null) {
            return 0;
        }
        final int before = vector.size();
        try {
            return receive(session, vector);
        } catch (final InternalError e) {
            lose(session, e);
            return vector.size() - before;
        }
    }

    private int receive(final RingSession session, final PacketVector vector) {
        final RingConsumer tx = session.tx();
        final int count = tx.available(vector.room());
        if (count <= 0) {
            if (count == RingConsumer.CORRUPT) {
                quarantine(session, Violation.POSITION);
            }
            return 0;
        }
        final int before = vector.size();
        long bytes = 0;
        int taken = 0;
        Violation violation = null;
        while (taken < count) {
            final long place = tx.place(taken);
            final long kind = tx.kind(taken);
            final int buffer = session.txBuffer(tx.slot(taken));
            violation = check(buffer, place, kind);
            if (violation != null) {
                break;
            }
            final int lengthBytes = RingLayout.lengthBytes(place);
            final int vlan = RingLayout.vlan(kind);
            final int flags = RingLayout.flags(kind);
            if (flags != 0 && isTrunk && !isGranted(session, vlan)) {
                ringCounters.notAsked().increment();
            } else if (add(
                    vector,
                    session.address(buffer) + RingLayout.offsetBytes(place),
                    lengthBytes,
                    vlan,
                    flags)) {
                bytes += lengthBytes;
            } else {
                break;
            }
            taken++;
        }
        if (taken > 0) {
            tx.release(taken);
        }
        final int packets = vector.size() - before;
        counters.rxPackets().add(packets);
        counters.rxBytes().add(bytes);
        if (violation != null) {
            quarantine(session, violation);
        }
        return packets;
    }

    private @Nullable Violation check(final int buffer, final long place, final long kind) {
        if (RingLayout.buffer(place) != buffer) {
            return Violation.BUFFER;
        }
        final int lengthBytes = RingLayout.lengthBytes(place);
        if (lengthBytes < Ethernet.HEADER_BYTES
                || RingLayout.offsetBytes(place) + lengthBytes > settings.maxFrameBytes()) {
            return Violation.LENGTH;
        }
        return (RingLayout.flags(kind) & ~PacketVector.FLAG_VLAN) == 0 ? null : Violation.FLAGS;
    }

    private static boolean isGranted(final RingSession session, final int vlan) {
        final int id = vlan & Ethernet.VLAN_ID_MASK;
        return id == 0 || session.granted().contains(id);
    }

    /** Appends a copy of a packet; false if there are no buffers for it. */
    private boolean add(
            final PacketVector vector,
            final long from,
            final int lengthBytes,
            final int vlan,
            final int flags) {
        final int capacityBytes = pool.dataCapacityBytes();
        final int headroomBytes = pool.headroomBytes();
        if (lengthBytes <= capacityBytes) {
            final int buffer = pool.allocate();
            if (buffer == PacketPool.NONE) {
                return false;
            }
            unfinished = buffer;
            pool.begin(buffer);
            copy(from, poolAddress + pool.dataOffset(buffer), lengthBytes);
            unfinished = PacketPool.NONE;
            vector.add(buffer, headroomBytes, lengthBytes, vlan, flags, 0);
            return true;
        }
        if (pool.available() < (lengthBytes + capacityBytes - 1) / capacityBytes) {
            return false;
        }
        final int first = pool.allocate();
        unfinished = first;
        pool.begin(first);
        copy(from, poolAddress + pool.dataOffset(first), capacityBytes);
        int last = first;
        int copied = capacityBytes;
        while (copied < lengthBytes) {
            final int buffer = pool.allocate();
            final int pieceBytes = Math.min(capacityBytes, lengthBytes - copied);
            pool.append(last, buffer, headroomBytes, pieceBytes);
            copy(from + copied, poolAddress + pool.dataOffset(buffer), pieceBytes);
            last = buffer;
            copied += pieceBytes;
        }
        unfinished = PacketPool.NONE;
        vector.addSegmented(
                first, headroomBytes, capacityBytes, lengthBytes - capacityBytes, vlan, flags, 0);
        return true;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final RingSession session = current;
        final int size = vector.size();
        if (session == null) {
            ringCounters.withoutClient().add(size);
            pool.free(vector);
            return size;
        }
        int taken = 0;
        try {
            taken = put(session, vector);
        } catch (final InternalError e) {
            lose(session, e);
        }
        if (current == null) {
            // The client has just lied, and isn't there any more.
            ringCounters.withoutClient().add(size);
            pool.free(vector);
            return size;
        }
        free(vector, taken);
        vector.removeFirst(taken);
        return taken;
    }

    /** Copies packets to the client without taking them: somebody else sends them. */
    void mirror(final PacketVector vector, final int from) {
        // Who has just connected sees the next packet already.
        doWork();
        final RingSession session = current;
        if (session != null) {
            try {
                final int size = vector.size();
                final int put = put(session, vector, from);
                counters.txFull().add(size - from - put);
            } catch (final InternalError e) {
                lose(session, e);
            }
        }
    }

    private int put(final RingSession session, final PacketVector vector) {
        return put(session, vector, 0);
    }

    /** Copies packets to the client; returns how many of them needn't be looked at again. */
    private int put(final RingSession session, final PacketVector vector, final int from) {
        final RingProducer rx = session.rx();
        final int room = rx.room(vector.size() - from);
        if (room == RingProducer.CORRUPT) {
            quarantine(session, Violation.POSITION);
            return 0;
        }
        int put = 0;
        long bytes = 0;
        for (int i = from; i < from + room; i++) {
            final int lengthBytes = vector.totalBytes(i);
            final int flags = vector.flags(i);
            final boolean isTagged = (flags & PacketVector.FLAG_VLAN) != 0;
            if (lengthBytes > settings.maxFrameBytes()) {
                counters.txErrors().increment();
                continue;
            }
            if (isTrunk && isTagged && !isGranted(session, vector.vlan(i))) {
                ringCounters.notAsked().increment();
                continue;
            }
            final int buffer = session.rxBuffer(rx.slot(put));
            gather(vector, i, session.address(buffer));
            rx.put(
                    put,
                    RingLayout.place(buffer, 0, lengthBytes),
                    isTrunk && isTagged
                            ? RingLayout.kind(
                                    (flags & FLAGS_TO_CLIENT)
                                            | PacketVector.FLAG_VLAN
                                            | vector.packetType(i),
                                    vector.vlan(i))
                            : RingLayout.kind((flags & FLAGS_TO_CLIENT) | vector.packetType(i), 0));
            bytes += lengthBytes;
            put++;
        }
        if (put > 0) {
            rx.publish(put);
            counters.txPackets().add(put);
            counters.txBytes().add(bytes);
            if (session.wakeUp()) {
                ringCounters.wakeUps().increment();
            }
        }
        return room;
    }

    private void gather(final PacketVector vector, final int i, final long to) {
        int buffer = vector.buffer(i);
        int lengthBytes = vector.lengthBytes(i);
        copy(poolAddress + pool.bufferOffset(buffer) + vector.offsetBytes(i), to, lengthBytes);
        if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) == 0) {
            return;
        }
        long next = to + lengthBytes;
        for (buffer = pool.next(buffer); buffer != PacketPool.NONE; buffer = pool.next(buffer)) {
            lengthBytes = pool.pieceLengthBytes(buffer);
            MemorySegment.copy(
                    ALL,
                    poolAddress + pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer),
                    ALL,
                    next,
                    lengthBytes);
            next += lengthBytes;
        }
    }

    private static void copy(final long from, final long to, final int lengthBytes) {
        if (lengthBytes > SHORT_BYTES || lengthBytes < Long.BYTES) {
            MemorySegment.copy(ALL, from, ALL, to, lengthBytes);
            return;
        }
        final int last = lengthBytes - Long.BYTES;
        for (int i = 0; i < last; i += Long.BYTES) {
            ALL.set(
                    ValueLayout.JAVA_LONG_UNALIGNED,
                    to + i,
                    ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, from + i));
        }
        ALL.set(
                ValueLayout.JAVA_LONG_UNALIGNED,
                to + last,
                ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, from + last));
    }

    private void free(final PacketVector vector, final int count) {
        int whole = 0;
        for (int i = 0; i < count; i++) {
            if ((vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0) {
                pool.free(vector, i);
            } else {
                if (whole == done.length) {
                    pool.free(done, 0, whole);
                    whole = 0;
                }
                done[whole++] = vector.buffer(i);
            }
        }
        pool.free(done, 0, whole);
    }

    private void lose(final RingSession session, final InternalError error) {
        if (!MemoryFault.isCauseOf(error)) {
            throw error;
        }
        if (unfinished != PacketPool.NONE) {
            pool.freeChain(unfinished);
            unfinished = PacketPool.NONE;
        }
        if (current != null) {
            quarantine(session, Violation.MEMORY);
        }
    }

    @Override
    public void releaseBuffers() {
        leave();
    }

    @Override
    public void close() {
        final RingDoor serving = door;
        if (serving != null) {
            serving.close();
        }
    }
}
