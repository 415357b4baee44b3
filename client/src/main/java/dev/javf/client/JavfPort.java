package dev.javf.client;

import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * An application's own port of the daemon: packets of its VLANs go through memory that only the two
 * share. For one thread, whose duty cycle calls {@link #poll} and {@link #doWork} and decides how
 * to idle; {@link #queue} has more for other threads:
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
    private static final int DESCRIPTORS_MAX = 2 + RingLayout.QUEUES_MAX;

    private final PortContext context;
    private final PortRequests requests = new PortRequests();
    private final PortQueue[] queues;

    /** Written by the port's thread; the queues' threads follow. */
    private volatile @Nullable Session session;

    private volatile boolean isClosed;
    private long reconnectNs;
    private int pollsUntilLook;
    private String refusal = "";

    private JavfPort(final PortContext context) {
        this.context = context;
        queues = new PortQueue[context.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new PortQueue(this, i);
        }
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
                    "hello "
                            + RingLayout.VERSION
                            + " wake="
                            + (context.wakesUp() ? 1 : 0)
                            + " queues="
                            + context.queues(),
                    List.of());
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
        session = connected;
        requests.askAgain(connected.socket());
        context.listener().onLink(connected.welcome().isLinkUp());
        context.listener().onConnected(this);
    }

    /**
     * A queue, which may be another thread's than the port is. The port's own packet methods are
     * those of queue 0.
     *
     * @param number 0 to {@link PortContext#queues} - 1; one that the daemon hasn't given receives
     *     nothing and is {@link #NOT_CONNECTED}.
     * @return the same object each time, also after the port has connected again.
     */
    public PortQueue queue(final int number) {
        return queues[Objects.checkIndex(number, queues.length)];
    }

    /**
     * {@link PortQueue#poll} of queue 0.
     *
     * @param handler takes the packets.
     * @param limit most packets, 1 or more.
     * @return how many there were.
     */
    public int poll(final PacketHandler handler, final int limit) {
        return queues[0].poll(handler, limit);
    }

    /**
     * {@link PortQueue#receive} of queue 0.
     *
     * @param vector gets the packets.
     * @return how many.
     */
    public int receive(final PacketVector vector) {
        return queues[0].receive(vector);
    }

    /** {@link PortQueue#release} of queue 0. */
    public void release() {
        queues[0].release();
    }

    /**
     * {@link PortQueue#forward} of queue 0.
     *
     * @param vector the packets.
     * @return how many were sent.
     */
    public int forward(final PacketVector vector) {
        return queues[0].forward(vector);
    }

    /**
     * {@link PortQueue#offer(MemorySegment, long, int)} of queue 0.
     *
     * @param source where the packet is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #maxPacketBytes}.
     * @return 1, {@link #BACK_PRESSURED}, {@link #NOT_CONNECTED}, {@link #CLOSED} or {@link
     *     #BAD_LENGTH}.
     */
    public int offer(final MemorySegment source, final long offset, final int lengthBytes) {
        return queues[0].offer(source, offset, lengthBytes, 0);
    }

    /**
     * {@link PortQueue#offer(MemorySegment, long, int, int)} of queue 0.
     *
     * @param source where the packet is.
     * @param offset of its first byte.
     * @param lengthBytes 14 to {@link #maxPacketBytes}, without the tag.
     * @param vlan tag control information; 0 for none, as it must be for an access port.
     * @return as {@link #offer(MemorySegment, long, int)}.
     */
    public int offer(
            final MemorySegment source, final long offset, final int lengthBytes, final int vlan) {
        return queues[0].offer(source, offset, lengthBytes, vlan);
    }

    /**
     * {@link PortQueue#claim(int)} of queue 0.
     *
     * @param lengthBytes of the packet.
     */
    public long claim(final int lengthBytes) {
        return queues[0].claim(lengthBytes, 0);
    }

    /**
     * {@link PortQueue#claim(int, int)} of queue 0.
     *
     * @param lengthBytes 14 to {@link #maxPacketBytes}, without the tag.
     * @param vlan tag control information; 0 for none.
     * @return where in {@link #memory} its first byte goes, or a negative reason.
     */
    public long claim(final int lengthBytes, final int vlan) {
        return queues[0].claim(lengthBytes, vlan);
    }

    /**
     * {@link PortQueue#claim(PacketVector)} of queue 0.
     *
     * @param vector gets room for packets.
     * @return for how many.
     */
    public int claim(final PacketVector vector) {
        return queues[0].claim(vector);
    }

    /**
     * {@link PortQueue#transmit} of queue 0.
     *
     * @param vector the packets; empty afterwards.
     * @return how many, or {@link #NOT_CONNECTED} or {@link #CLOSED}.
     */
    public int transmit(final PacketVector vector) {
        return queues[0].transmit(vector);
    }

    /**
     * {@link PortQueue#commit} of queue 0.
     *
     * @return how many packets were sent.
     */
    public int commit() {
        return queues[0].commit();
    }

    /** {@link PortQueue#abort} of queue 0. */
    public void abort() {
        queues[0].abort();
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
        current.socket().close();
        current.leave();
        reconnectNs = context.nanoClock().nanoTime() + context.reconnectIntervalNs();
        context.listener().onDisconnected(reason);
    }

    /**
     * Sleeps until a packet of queue 0 or a message comes. Needs {@link PortContext#wakeUps};
     * without it, and while the port isn't connected, it sleeps for the whole time.
     *
     * @param timeoutMs most milliseconds, 0 or more.
     */
    public void await(final int timeoutMs) {
        final RingSocket messages = socket();
        queues[0].await(timeoutMs, messages == null ? null : messages.socket());
        pollsUntilLook = 0;
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

    /** The port's session; null while it isn't connected. Any thread. */
    @Nullable Session session() {
        return session;
    }

    /** Whether it has been closed. Any thread. */
    boolean isClosed() {
        return isClosed;
    }

    /** The memory that holds the packets; another one after each time the port has connected. */
    public MemorySegment memory() {
        return queues[0].memory();
    }

    /**
     * Where a buffer starts.
     *
     * @param buffer its index, of a {@link PacketVector}.
     * @return offset in {@link #memory}, in bytes.
     */
    public long bufferOffset(final int buffer) {
        return queues[0].bufferOffset(buffer);
    }

    /** The longest packet, in bytes, without VLAN tag; 0 while the port isn't connected. */
    public int maxPacketBytes() {
        return queues[0].maxPacketBytes();
    }

    /**
     * Ends the connection; the daemon takes back what this client has asked for. No queue's thread
     * may be using the port any more.
     */
    @Override
    public void close() {
        final Session current = session;
        isClosed = true;
        session = null;
        for (final PortQueue queue : queues) {
            queue.leave();
        }
        if (current != null) {
            current.socket().close();
            current.leave();
        }
    }
}
