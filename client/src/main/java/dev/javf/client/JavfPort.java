package dev.javf.client;

import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * An application's own port of the daemon: packets of its VLANs go through memory that only the two
 * share. For one thread, whose duty cycle calls {@link #poll} and {@link #doWork} and decides how
 * to idle:
 *
 * <pre>{@code
 * try (JavfPort port = JavfPort.connect(new PortContext().socket("/run/javf/app.sock"))) {
 *     while (isRunning) {
 *         idle.idle(port.poll(handler, 64) + port.doWork());
 *     }
 * }
 * }</pre>
 *
 * <p>Packets are sent with {@link #offer}, which copies one, or with {@link #claim} and {@link
 * #commit}, which hand a burst over at once. Where there is no room they return {@link
 * #BACK_PRESSURED}: nothing blocks, and nothing is allocated but by {@link #doWork} when something
 * happens.
 *
 * <p>The port survives the daemon: when that ends or dies, the listener is told, and the port
 * connects again as soon as there is one, in {@link #doWork}.
 */
public final class JavfPort implements AutoCloseable {
    /** Nobody serves the port now. */
    public static final int NOT_CONNECTED = -1;

    /** There is no room now; try again later, or drop the packet. */
    public static final int BACK_PRESSURED = -2;

    /** The port has been closed. */
    public static final int CLOSED = -4;

    /** The packet is longer than {@link #maxPacketBytes}, or has no whole Ethernet header. */
    public static final int BAD_LENGTH = -6;

    private static final int POLLS_PER_LOOK = 64;
    private static final long ALL_MESSAGES = 64;
    private static final int DESCRIPTORS_MAX = 3;
    private static final int ETHERNET_HEADER_BYTES = 14;

    private final PortContext context;
    private final PortRequests requests = new PortRequests();
    private @Nullable Session session;
    private boolean isClosed;
    private long reconnectNs;
    private int pollsUntilLook;
    private String refusal = "";

    /** Packets that {@link #receive} returned and that were not released. */
    private int held;

    /** Slots claimed and not committed. */
    private int claimed;

    /** Fields of the session, for the packet path. */
    private MemorySegment memory = MemorySegment.NULL;

    private int strideBytes;
    private int headroomBytes;
    private int capacityBytes;

    private JavfPort(final PortContext context) {
        this.context = context;
    }

    /**
     * Connects to the daemon, and waits for its answer.
     *
     * @param context where and how; {@link PortContext#conclude} is called on it.
     * @return a connected port.
     * @throws JavfPortException if nobody answers, or the daemon refuses; the message says why.
     */
    public static JavfPort connect(final PortContext context) {
        final JavfPort port = new JavfPort(context.conclude());
        port.requests.vlans(context.vlans());
        context.addresses().forEach(port.requests::address);
        final Session connected = port.open();
        if (connected == null) {
            throw new JavfPortException(port.refusal);
        }
        port.begin(connected);
        return port;
    }

    private @Nullable Session open() {
        RingSocket socket = null;
        try {
            socket =
                    new RingSocket(
                            UnixSocket.connect(UnixSocket.Kind.SEQPACKET, context.address()));
            socket.send(
                    "hello " + RingLayout.VERSION + " wake=" + (context.wakesUp() ? 1 : 0),
                    java.util.List.of());
            final String answer = await(socket);
            if (answer.startsWith("welcome ")) {
                final Session opened =
                        new Session(socket, Welcome.parse(answer), socket.takeDescriptors());
                socket = null;
                return opened;
            }
            refusal = context.socket() + ": " + (answer.isEmpty() ? "no answer" : answer);
        } catch (final LinuxException e) {
            refusal = context.socket() + ": " + e.getMessage() + remedy(e.errno());
        } finally {
            if (socket != null) {
                socket.close();
            }
        }
        return null;
    }

    private static String remedy(final int errno) {
        if (errno == Libc.ENOENT() || errno == Libc.ECONNREFUSED()) {
            return "; is javfd running, and does its configuration have a port of kind ring with"
                    + " that socket?";
        }
        return errno == Libc.EACCES()
                ? "; the socket's mode and the port's 'clients' decide who may connect"
                : "";
    }

    private String await(final RingSocket socket) {
        final long deadlineNs = context.nanoClock().nanoTime() + context.connectTimeoutNs();
        try (Epoll epoll = Epoll.create(1)) {
            epoll.add(socket.socket().descriptor(), Libc.EPOLLIN(), 0);
            while (true) {
                final String answer = socket.receive(DESCRIPTORS_MAX);
                if (answer != null) {
                    return answer;
                }
                final long leftNs = deadlineNs - context.nanoClock().nanoTime();
                if (socket.isEnded() || leftNs <= 0) {
                    return "";
                }
                epoll.poll((int) Math.min(100, TimeUnit.NANOSECONDS.toMillis(leftNs) + 1));
            }
        }
    }

    private void begin(final Session connected) {
        final Welcome welcome = connected.welcome();
        session = connected;
        memory = connected.pool().segment();
        strideBytes = welcome.strideBytes();
        headroomBytes = welcome.headroomBytes();
        capacityBytes = welcome.capacityBytes();
        held = 0;
        claimed = 0;
        requests.askAgain(connected.socket());
        context.listener().onLink(welcome.isLinkUp());
        context.listener().onConnected(this);
    }

    /**
     * Gives the packets that have come to a handler.
     *
     * @param handler takes them; if it throws, the packets up to that one are gone.
     * @param limit most packets, 1 or more; 64 is as good as any greater number.
     * @return how many there were; 0 also while the port isn't connected.
     */
    public int poll(final PacketHandler handler, final int limit) {
        final Session current = session;
        if (current == null) {
            return 0;
        }
        final RingConsumer rx = current.rx();
        final int count = rx.available(held + limit) - held;
        if (count <= 0) {
            return 0;
        }
        int done = 0;
        try {
            while (done < count) {
                final long place = rx.place(held + done);
                final long kind = rx.kind(held + done);
                done++;
                handler.onPacket(
                        memory,
                        (long) RingLayout.buffer(place) * strideBytes
                                + RingLayout.offsetBytes(place),
                        RingLayout.lengthBytes(place),
                        RingLayout.vlan(kind),
                        RingLayout.flags(kind));
            }
        } finally {
            if (session == current) {
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
     * Appends the packets that have come to a vector. They stay the caller's until {@link
     * #release}; offsets count from the buffer's start, buffers from {@link #bufferOffset}.
     *
     * @param vector gets them, as many as it has room for.
     * @return how many; 0 also while the port isn't connected.
     */
    public int receive(final PacketVector vector) {
        final Session current = session;
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
            vector.put(
                    size + i,
                    RingLayout.buffer(place),
                    RingLayout.offsetBytes(place),
                    RingLayout.lengthBytes(place),
                    RingLayout.vlan(kind),
                    RingLayout.flags(kind),
                    0);
        }
        vector.size(size + count);
        held += count;
        return count;
    }

    /** Gives all packets of {@link #receive} back to the daemon. */
    public void release() {
        final Session current = session;
        if (current != null && held > 0) {
            current.rx().release(held);
            held = 0;
        }
    }

    /**
     * Sends a copy of a packet.
     *
     * @param source where it is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #maxPacketBytes}.
     * @return 1, {@link #BACK_PRESSURED}, {@link #NOT_CONNECTED}, {@link #CLOSED} or {@link
     *     #BAD_LENGTH}.
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
     * @param vlan tag control information; 0 for none, as it is for an access port.
     * @return 1, {@link #BACK_PRESSURED}, {@link #NOT_CONNECTED}, {@link #CLOSED} or {@link
     *     #BAD_LENGTH}.
     */
    public int offer(
            final MemorySegment source, final long offset, final int lengthBytes, final int vlan) {
        final long to = claim(lengthBytes, vlan);
        if (to < 0) {
            return (int) to;
        }
        MemorySegment.copy(source, offset, memory, to, lengthBytes);
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
     * @return where in {@link #memory} its first byte goes; or {@link #BACK_PRESSURED}, {@link
     *     #NOT_CONNECTED}, {@link #CLOSED} or {@link #BAD_LENGTH}.
     */
    public long claim(final int lengthBytes, final int vlan) {
        final Session current = session;
        if (current == null) {
            return isClosed ? CLOSED : NOT_CONNECTED;
        }
        if (lengthBytes < ETHERNET_HEADER_BYTES || lengthBytes > capacityBytes) {
            return BAD_LENGTH;
        }
        final RingProducer tx = current.tx();
        if (tx.room(claimed + 1) <= claimed) {
            return BACK_PRESSURED;
        }
        final int buffer = RingLayout.buffer(tx.place(claimed));
        tx.put(
                claimed,
                RingLayout.place(buffer, headroomBytes, lengthBytes),
                RingLayout.kind(vlan == 0 ? 0 : PacketVector.FLAG_VLAN, vlan));
        claimed++;
        return (long) buffer * strideBytes + headroomBytes;
    }

    /**
     * Claims room for many packets: appends one of the greatest length for each to a vector, for
     * the caller to fill in with {@link PacketVector#put}, buffer and offset as they are.
     *
     * @param vector gets them, as many as it has room for.
     * @return how many; 0 if there is no room, or the port isn't connected.
     */
    public int claim(final PacketVector vector) {
        final Session current = session;
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
                    headroomBytes,
                    capacityBytes,
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
     * @return how many, or {@link #NOT_CONNECTED} or {@link #CLOSED}.
     * @throws IllegalArgumentException if one isn't in the buffer it was given, or has a length
     *     that can't be; then none is sent.
     */
    public int transmit(final PacketVector vector) {
        final Session current = session;
        if (current == null) {
            vector.clear();
            return isClosed ? CLOSED : NOT_CONNECTED;
        }
        final RingProducer tx = current.tx();
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
                    RingLayout.kind(vector.flags(i) & PacketVector.FLAG_VLAN, vector.vlan(i)));
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
        final Session current = session;
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

    /**
     * What there is to do besides packets: answers, events, connecting again. To be called in every
     * duty cycle; it looks at the socket now and then only.
     *
     * @return how much was done.
     */
    public int doWork() {
        if (--pollsUntilLook > 0 || isClosed) {
            return 0;
        }
        pollsUntilLook = POLLS_PER_LOOK;
        final Session current = session;
        return current == null ? reconnect() : listen(current);
    }

    private int reconnect() {
        final long nowNs = context.nanoClock().nanoTime();
        if (nowNs - reconnectNs < 0) {
            return 0;
        }
        reconnectNs = nowNs + context.reconnectIntervalNs();
        final Session connected = open();
        if (connected == null) {
            return 0;
        }
        begin(connected);
        return 1;
    }

    private int listen(final Session current) {
        int work = 0;
        while (work < ALL_MESSAGES && session == current) {
            final String message = current.socket().receive(0);
            if (message == null) {
                break;
            }
            work++;
            if (message.startsWith("end ")) {
                end(current, message.substring("end ".length()));
            } else if (message.startsWith("link ")) {
                context.listener().onLink(message.equals("link up"));
            } else {
                requests.answer(message, context.listener());
            }
        }
        if (session == current && current.socket().isEnded()) {
            end(current, "javfd has ended");
            work++;
        }
        return work;
    }

    private void end(final Session current, final String reason) {
        session = null;
        memory = MemorySegment.NULL;
        current.close();
        reconnectNs = context.nanoClock().nanoTime() + context.reconnectIntervalNs();
        context.listener().onDisconnected(reason);
    }

    /**
     * Sleeps until a packet or a message comes. Needs {@link PortContext#wakeUps}; without it, and
     * while the port isn't connected, it sleeps for the whole time.
     *
     * @param timeoutMs most milliseconds, 0 or more.
     */
    public void await(final int timeoutMs) {
        final Session current = session;
        try (Epoll epoll = Epoll.create(2)) {
            final UnixSocket wakeUp = current == null ? null : current.wakeUp();
            if (current != null && wakeUp != null) {
                epoll.add(wakeUp.descriptor(), Libc.EPOLLIN(), 0);
                epoll.add(current.socket().socket().descriptor(), Libc.EPOLLIN(), 1);
                current.sleeps(true);
                if (current.rx().available(held + 1) <= held) {
                    epoll.poll(timeoutMs);
                }
                current.sleeps(false);
                drain(wakeUp);
                pollsUntilLook = 0;
            } else {
                epoll.poll(timeoutMs);
            }
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

    /**
     * Asks for VLANs of the port's trunk. The PF's answer comes to the listener. They are asked for
     * again whenever the port has connected again, and taken back when the client ends.
     *
     * @param vlans 1 to 4094.
     * @return the request's number, for {@link PortListener#onAnswer}.
     */
    public long addVlans(final VlanSet vlans) {
        return requests.addVlans(socket(), vlans);
    }

    /**
     * Wants VLANs no longer.
     *
     * @param vlans which.
     * @return the request's number.
     */
    public long removeVlans(final VlanSet vlans) {
        return requests.removeVlans(socket(), vlans);
    }

    /**
     * Asks for one more address, of those that the port's configuration allows.
     *
     * @param address of a station, or a group.
     * @return the request's number.
     */
    public long addAddress(final MacAddress address) {
        return requests.addAddress(socket(), address);
    }

    /**
     * Wants an address no longer.
     *
     * @param address which.
     * @return the request's number.
     */
    public long removeAddress(final MacAddress address) {
        return requests.removeAddress(socket(), address);
    }

    private @Nullable RingSocket socket() {
        final Session current = session;
        return current == null ? null : current.socket();
    }

    /** Whether the daemon serves the port, as far as {@link #doWork} has seen. */
    public boolean isConnected() {
        return session != null;
    }

    /** Why the last attempt to connect failed; empty if none has. */
    public String refusal() {
        return refusal;
    }

    /**
     * What the daemon said of the port.
     *
     * @throws JavfPortException while it isn't connected.
     */
    public Welcome properties() {
        final Session current = session;
        if (current == null) {
            throw new JavfPortException(context.socket() + ": not connected");
        }
        return current.welcome();
    }

    /** The memory that holds the packets; another one after each time the port has connected. */
    public MemorySegment memory() {
        return memory;
    }

    /**
     * Where a buffer starts.
     *
     * @param buffer its index, of a {@link PacketVector}.
     * @return offset in {@link #memory}, in bytes.
     */
    public long bufferOffset(final int buffer) {
        return (long) buffer * strideBytes;
    }

    /** The longest packet, in bytes, without VLAN tag; 0 while the port isn't connected. */
    public int maxPacketBytes() {
        return session == null ? 0 : capacityBytes;
    }

    /** Ends the connection; the daemon takes back what this client has asked for. */
    @Override
    public void close() {
        final Session current = session;
        isClosed = true;
        session = null;
        memory = MemorySegment.NULL;
        if (current != null) {
            current.close();
        }
    }
}
