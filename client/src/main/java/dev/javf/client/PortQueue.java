package dev.javf.client;

import dev.javf.linux.Epoll;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One of a port's queues: it receives the packets of some of its flows, and sends. For one thread,
 * which need not be the port's. Nothing blocks but {@link #await}, and nothing is allocated but
 * when the port has connected again.
 *
 * <p>The memory of a connection that has ended stays until each queue that has used it is called
 * again, or the port is closed.
 */
public final class PortQueue {
    private static final int ETHERNET_HEADER_BYTES = 14;

    private final JavfPort port;
    private final int number;

    /** The port's session as of the last call here. */
    private @Nullable SessionQueue link;

    /** Packets that {@link #receive} returned and that were not released. */
    private int held;

    /** Slots claimed and not committed. */
    private int claimed;

    /** Of the packet that a handler is looking at. */
    private int hash;

    PortQueue(final JavfPort port, final int number) {
        this.port = port;
        this.number = number;
    }

    /** Its number, from 0 on. */
    public int number() {
        return number;
    }

    /** What there is to work with; null while the port isn't connected. */
    private @Nullable SessionQueue link() {
        final Session current = port.session();
        final SessionQueue known = link;
        return (known == null ? null : known.session()) == current ? known : link(current);
    }

    private @Nullable SessionQueue link(final @Nullable Session current) {
        leave();
        held = 0;
        claimed = 0;
        final SessionQueue next = current == null ? null : SessionQueue.of(current, number);
        link = next;
        return next;
    }

    /** Touches the memory of no session any more. */
    void leave() {
        final SessionQueue known = link;
        link = null;
        if (known != null) {
            known.leave();
        }
    }

    /**
     * Gives the packets that have come to a handler.
     *
     * @param handler takes them; if it throws, the packets up to that one are gone.
     * @param limit most packets, 1 or more; 64 is as good as any greater number.
     * @return how many there were; 0 also while the port isn't connected.
     */
    @SuppressWarnings(
            "ReferenceEquality") // A handler may have closed the port, or connected again.
    public int poll(final PacketHandler handler, final int limit) {
        final SessionQueue current = link();
        if (current == null) {
            return 0;
        }
        final RingConsumer rx = current.rx();
        final MemorySegment memory = current.memory();
        final int strideBytes = current.strideBytes();
        final int count = rx.available(held + limit) - held;
        if (count <= 0) {
            return 0;
        }
        int done = 0;
        try {
            while (done < count) {
                final long place = rx.place(held + done);
                final long kind = rx.kind(held + done);
                final int flags = RingLayout.flags(kind);
                hash = (flags & PacketVector.FLAG_HASH) == 0 ? 0 : rx.hash(held + done);
                done++;
                handler.onPacket(
                        memory,
                        (long) RingLayout.buffer(place) * strideBytes
                                + RingLayout.offsetBytes(place),
                        RingLayout.lengthBytes(place),
                        RingLayout.vlan(kind),
                        flags);
            }
        } finally {
            if (link == current) {
                if (held == 0) {
                    rx.release(done);
                } else {
                    held += done;
                }
            }
        }
        return done;
    }

    /**
     * The RSS hash of the packet that the handler of {@link #poll} is looking at, which is what its
     * queue was chosen by; means something with {@link PacketVector#FLAG_HASH} only.
     */
    public int hash() {
        return hash;
    }

    /**
     * Appends the packets that have come to a vector. They stay the caller's until {@link #release}
     * or {@link #forward}; offsets count from the buffer's start, buffers from {@link
     * #bufferOffset}.
     *
     * @param vector gets them, as many as it has room for.
     * @return how many; 0 also while the port isn't connected.
     */
    public int receive(final PacketVector vector) {
        final SessionQueue current = link();
        if (current == null) {
            return 0;
        }
        final RingConsumer rx = current.rx();
        final int count = rx.available(held + vector.room()) - held;
        if (count <= 0) {
            return 0;
        }
        final int size = vector.size();
        for (int i = 0; i < count; i++) {
            final long place = rx.place(held + i);
            final long kind = rx.kind(held + i);
            final int flags = RingLayout.flags(kind);
            vector.put(
                    size + i,
                    RingLayout.buffer(place),
                    RingLayout.offsetBytes(place),
                    RingLayout.lengthBytes(place),
                    RingLayout.vlan(kind),
                    flags,
                    (flags & PacketVector.FLAG_HASH) == 0 ? 0 : rx.hash(held + i));
        }
        vector.size(size + count);
        held += count;
        return count;
    }

    /** Gives all packets of {@link #receive} back to the daemon. */
    public void release() {
        final SessionQueue current = link();
        if (current != null && held > 0) {
            current.rx().release(held);
            held = 0;
        }
    }

    /**
     * Sends what was received: all packets of {@link #receive} since the last {@link #release}, as
     * they are now, and gives the rest back. Where the buffers are those of the function ({@link
     * Welcome#isZeroCopy}) no byte is copied. What there is no room for isn't sent. Nothing may be
     * claimed meanwhile.
     *
     * @param vector the packets, from the first that isn't released on, in order; those of length 0
     *     aren't sent. Empty afterwards.
     * @return how many were sent.
     * @throws IllegalArgumentException if one isn't in the buffer where it was received, or not
     *     within it; then none is sent or released.
     */
    public int forward(final PacketVector vector) {
        final SessionQueue current = link();
        if (current == null || held == 0) {
            vector.clear();
            return 0;
        }
        final int size = vector.size();
        final RingConsumer rx = current.rx();
        for (int i = 0; i < size; i++) {
            if (i >= held
                    || vector.buffer(i) != RingLayout.buffer(rx.place(i))
                    || (vector.lengthBytes(i) != 0
                            && (vector.lengthBytes(i) < ETHERNET_HEADER_BYTES
                                    || vector.lengthBytes(i) > current.capacityBytes()
                                    || vector.offsetBytes(i) + vector.lengthBytes(i)
                                            > current.strideBytes()))) {
                throw new IllegalArgumentException(
                        "packet " + i + ": not the one that was received, or not in its buffer");
            }
        }
        final boolean isSwapped = current.session().welcome().isZeroCopy();
        final RingProducer tx = current.tx();
        final int room = tx.room(size);
        int sent = 0;
        for (int i = 0; i < size && sent < room; i++) {
            final int lengthBytes = vector.lengthBytes(i);
            if (lengthBytes == 0) {
                continue;
            }
            final int empty = RingLayout.buffer(tx.place(sent));
            final int full = vector.buffer(i);
            final long place =
                    isSwapped
                            ? RingLayout.place(full, vector.offsetBytes(i), lengthBytes)
                            : RingLayout.place(empty, current.headroomBytes(), lengthBytes);
            if (isSwapped) {
                rx.replace(i, RingLayout.place(empty, 0, 0));
            } else {
                MemorySegment.copy(
                        current.memory(),
                        bufferOffset(full) + vector.offsetBytes(i),
                        current.memory(),
                        bufferOffset(empty) + current.headroomBytes(),
                        lengthBytes);
            }
            tx.put(sent, place, kind(vector, i));
            sent++;
        }
        if (sent > 0) {
            tx.publish(sent);
        }
        rx.release(held);
        held = 0;
        vector.clear();
        return sent;
    }

    private static long kind(final PacketVector vector, final int i) {
        final int flags = vector.flags(i) & PacketVector.FLAG_VLAN;
        return RingLayout.kind(flags, flags == 0 ? 0 : vector.vlan(i));
    }

    /**
     * Sends a copy of a packet.
     *
     * @param source where it is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #maxPacketBytes}.
     * @return 1, {@link JavfPort#BACK_PRESSURED}, {@link JavfPort#NOT_CONNECTED}, {@link
     *     JavfPort#CLOSED} or {@link JavfPort#BAD_LENGTH}.
     */
    public int offer(final MemorySegment source, final long offset, final int lengthBytes) {
        return offer(source, offset, lengthBytes, 0);
    }

    /**
     * Sends a copy of a packet with a VLAN tag.
     *
     * @param source where it is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #maxPacketBytes}, without the tag.
     * @param vlan tag control information; 0 for none, as it must be for an access port.
     * @return 1, {@link JavfPort#BACK_PRESSURED}, {@link JavfPort#NOT_CONNECTED}, {@link
     *     JavfPort#CLOSED} or {@link JavfPort#BAD_LENGTH}.
     */
    public int offer(
            final MemorySegment source, final long offset, final int lengthBytes, final int vlan) {
        final long to = claim(lengthBytes, vlan);
        if (to < 0) {
            return (int) to;
        }
        MemorySegment.copy(source, offset, memory(), to, lengthBytes);
        commit();
        return 1;
    }

    /**
     * Claims room for a packet without tag: {@link #claim(int, int)}.
     *
     * @param lengthBytes of the packet.
     */
    public long claim(final int lengthBytes) {
        return claim(lengthBytes, 0);
    }

    /**
     * Claims room for a packet. The caller writes it, claims more if there is more, and sends them
     * all with {@link #commit}.
     *
     * @param lengthBytes 14 to {@link #maxPacketBytes}, without the tag.
     * @param vlan tag control information; 0 for none.
     * @return where in {@link #memory} its first byte goes; or {@link JavfPort#BACK_PRESSURED},
     *     {@link JavfPort#NOT_CONNECTED}, {@link JavfPort#CLOSED} or {@link JavfPort#BAD_LENGTH}.
     */
    public long claim(final int lengthBytes, final int vlan) {
        final SessionQueue current = link();
        if (current == null) {
            return port.isClosed() ? JavfPort.CLOSED : JavfPort.NOT_CONNECTED;
        }
        if (lengthBytes < ETHERNET_HEADER_BYTES || lengthBytes > current.capacityBytes()) {
            return JavfPort.BAD_LENGTH;
        }
        final RingProducer tx = current.tx();
        if (tx.room(claimed + 1) <= claimed) {
            return JavfPort.BACK_PRESSURED;
        }
        final int headroomBytes = current.headroomBytes();
        final int buffer = RingLayout.buffer(tx.place(claimed));
        tx.put(
                claimed,
                RingLayout.place(buffer, headroomBytes, lengthBytes),
                RingLayout.kind(vlan == 0 ? 0 : PacketVector.FLAG_VLAN, vlan));
        claimed++;
        return (long) buffer * current.strideBytes() + headroomBytes;
    }

    /**
     * Claims room for many packets: appends one of the greatest length for each to a vector, for
     * the caller to fill in with {@link PacketVector#put}, buffer and offset as they are.
     *
     * @param vector gets them, as many as it has room for.
     * @return how many; 0 if there is no room, or the port isn't connected.
     */
    public int claim(final PacketVector vector) {
        final SessionQueue current = link();
        if (current == null) {
            return 0;
        }
        final RingProducer tx = current.tx();
        final int count = tx.room(claimed + vector.room()) - claimed;
        final int size = vector.size();
        for (int i = 0; i < count; i++) {
            vector.put(
                    size + i,
                    RingLayout.buffer(tx.place(claimed + i)),
                    current.headroomBytes(),
                    current.capacityBytes(),
                    0,
                    0,
                    0);
        }
        if (count <= 0) {
            return 0;
        }
        vector.size(size + count);
        return count;
    }

    /**
     * Sends packets that {@link #claim(PacketVector)} gave out, from the first on; those that were
     * given out and aren't among them are claimed no longer. Nothing else may be claimed meanwhile.
     *
     * @param vector the packets; empty afterwards.
     * @return how many, or {@link JavfPort#NOT_CONNECTED} or {@link JavfPort#CLOSED}.
     * @throws IllegalArgumentException if one isn't in the buffer it was given, or has a length
     *     that can't be; then none is sent.
     */
    public int transmit(final PacketVector vector) {
        final SessionQueue current = link();
        if (current == null) {
            vector.clear();
            return port.isClosed() ? JavfPort.CLOSED : JavfPort.NOT_CONNECTED;
        }
        final RingProducer tx = current.tx();
        final int headroomBytes = current.headroomBytes();
        final int capacityBytes = current.capacityBytes();
        final int count = vector.size();
        for (int i = 0; i < count; i++) {
            final int buffer = vector.buffer(i);
            if (buffer != RingLayout.buffer(tx.place(i))
                    || vector.offsetBytes(i) < headroomBytes
                    || vector.lengthBytes(i) < ETHERNET_HEADER_BYTES
                    || vector.offsetBytes(i) - headroomBytes + vector.lengthBytes(i)
                            > capacityBytes) {
                throw new IllegalArgumentException(
                        "packet "
                                + i
                                + ": not the buffer that was claimed, or not 14 to "
                                + capacityBytes
                                + " bytes in it");
            }
            tx.put(
                    i,
                    RingLayout.place(buffer, vector.offsetBytes(i), vector.lengthBytes(i)),
                    kind(vector, i));
        }
        if (count > 0) {
            tx.publish(count);
        }
        vector.clear();
        return count;
    }

    /**
     * Sends all packets that were claimed, as one burst.
     *
     * @return how many.
     */
    public int commit() {
        final SessionQueue current = link();
        final int count = claimed;
        if (current != null && count > 0) {
            current.tx().publish(count);
            claimed = 0;
        }
        return count;
    }

    /** Sends none of the packets that were claimed. */
    public void abort() {
        claimed = 0;
    }

    /** The memory that holds the packets; another one after each time the port has connected. */
    public MemorySegment memory() {
        final SessionQueue current = link();
        return current == null ? MemorySegment.NULL : current.memory();
    }

    /**
     * Where a buffer starts.
     *
     * @param buffer its index, of a {@link PacketVector}.
     * @return offset in {@link #memory}, in bytes.
     */
    public long bufferOffset(final int buffer) {
        final SessionQueue current = link();
        return current == null ? 0 : (long) buffer * current.strideBytes();
    }

    /** The longest packet, in bytes, without VLAN tag; 0 while the port isn't connected. */
    public int maxPacketBytes() {
        final SessionQueue current = link();
        return current == null ? 0 : current.capacityBytes();
    }

    /**
     * Sleeps until a packet comes, or the daemon is gone. Needs {@link PortContext#wakeUps};
     * without it, and while the port isn't connected, it sleeps for the whole time.
     *
     * @param timeoutMs most milliseconds, 0 or more.
     */
    public void await(final int timeoutMs) {
        await(timeoutMs, null);
    }

    /** The same, or until there is something else to read. */
    void await(final int timeoutMs, final @Nullable UnixSocket messages) {
        final SessionQueue current = link();
        try (Epoll epoll = Epoll.create(2)) {
            final UnixSocket wakeUp = current == null ? null : current.wakeUp();
            if (current == null || wakeUp == null) {
                epoll.poll(timeoutMs);
                return;
            }
            epoll.add(wakeUp.descriptor(), Libc.EPOLLIN(), 0);
            if (messages != null) {
                epoll.add(messages.descriptor(), Libc.EPOLLIN(), 1);
            }
            current.sleeps(true);
            if (current.rx().available(held + 1) <= held) {
                epoll.poll(timeoutMs);
            }
            current.sleeps(false);
            drain(wakeUp);
        }
    }

    private static void drain(final UnixSocket wakeUp) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment word = arena.allocate(Long.BYTES);
            int received;
            do {
                received = wakeUp.receive(word, 0, Long.BYTES);
            } while (received > 0);
        }
    }
}
