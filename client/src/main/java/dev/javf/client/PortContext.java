package dev.javf.client;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Which port, and how. Set what differs from the defaults, then {@link JavfPort#connect}. */
public final class PortContext {
    /** How long to wait for the daemon's answer, unless told otherwise. */
    public static final long CONNECT_TIMEOUT_NS_DEFAULT = TimeUnit.SECONDS.toNanos(5);

    /** How long to wait between attempts to connect again, unless told otherwise. */
    public static final long RECONNECT_INTERVAL_NS_DEFAULT = TimeUnit.MILLISECONDS.toNanos(100);

    private String socket = "";
    private VlanSet vlans = VlanSet.EMPTY;
    private final List<MacAddress> addresses = new ArrayList<>();
    private PortListener listener = new PortListener() {};
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private long connectTimeoutNs = CONNECT_TIMEOUT_NS_DEFAULT;
    private long reconnectIntervalNs = RECONNECT_INTERVAL_NS_DEFAULT;
    private int queues = 1;
    private boolean wakesUp;

    /** A context without socket. */
    public PortContext() {}

    /**
     * Checks the settings.
     *
     * @return this.
     * @throws IllegalArgumentException naming what is missing or out of its range.
     */
    public PortContext conclude() {
        if (socket.isEmpty()) {
            throw new IllegalArgumentException(
                    "socket is missing: the path that 'socket' of the port says in javfd's"
                            + " configuration");
        }
        final UnixAddress checked = address();
        if (connectTimeoutNs <= 0 || reconnectIntervalNs <= 0) {
            throw new IllegalArgumentException(
                    checked
                            + ": connectTimeoutNs "
                            + connectTimeoutNs
                            + ", reconnectIntervalNs "
                            + reconnectIntervalNs
                            + "; both must be more than 0");
        }
        if (queues < 1 || queues > RingLayout.QUEUES_MAX) {
            throw new IllegalArgumentException(
                    checked + ": queues " + queues + "; 1 to " + RingLayout.QUEUES_MAX);
        }
        return this;
    }

    /**
     * Where the daemon is.
     *
     * @param path of the port's socket.
     */
    public PortContext socket(final String path) {
        socket = path;
        return this;
    }

    /** The path of the port's socket. */
    public String socket() {
        return socket;
    }

    UnixAddress address() {
        return new UnixAddress(socket);
    }

    /**
     * VLANs to ask for at once, and whenever the port has connected again.
     *
     * @param wanted of the port's trunk.
     */
    public PortContext vlans(final VlanSet wanted) {
        vlans = wanted;
        return this;
    }

    /** VLANs to ask for at once. */
    public VlanSet vlans() {
        return vlans;
    }

    /**
     * An address to ask for at once, besides the port's own, and whenever the port has connected
     * again.
     *
     * @param wanted one that the port's configuration allows.
     */
    public PortContext address(final MacAddress wanted) {
        addresses.add(wanted);
        return this;
    }

    /** Addresses to ask for at once. */
    public List<MacAddress> addresses() {
        return List.copyOf(addresses);
    }

    /**
     * Who is told of events.
     *
     * @param value the listener; called by {@link JavfPort#connect} and {@link JavfPort#doWork}.
     */
    public PortContext listener(final PortListener value) {
        listener = value;
        return this;
    }

    /** Who is told of events. */
    public PortListener listener() {
        return listener;
    }

    /**
     * The time, for connecting.
     *
     * @param value the clock.
     */
    public PortContext nanoClock(final NanoClock value) {
        nanoClock = value;
        return this;
    }

    /** The time. */
    public NanoClock nanoClock() {
        return nanoClock;
    }

    /**
     * How long {@link JavfPort#connect} waits for an answer, and {@link JavfPort#doWork} when it
     * connects again.
     *
     * @param value nanoseconds, more than 0.
     */
    public PortContext connectTimeoutNs(final long value) {
        connectTimeoutNs = value;
        return this;
    }

    /** How long to wait for an answer, in nanoseconds. */
    public long connectTimeoutNs() {
        return connectTimeoutNs;
    }

    /**
     * The time between attempts to connect again.
     *
     * @param value nanoseconds, more than 0.
     */
    public PortContext reconnectIntervalNs(final long value) {
        reconnectIntervalNs = value;
        return this;
    }

    /** The time between attempts to connect again, in nanoseconds. */
    public long reconnectIntervalNs() {
        return reconnectIntervalNs;
    }

    /**
     * Queues for several threads. The daemon gives no more than the port's configuration has
     * ({@link Welcome#queues}).
     *
     * @param wanted 1 to 16; 1 unless set.
     */
    public PortContext queues(final int wanted) {
        queues = wanted;
        return this;
    }

    /** Queues that are wanted. */
    public int queues() {
        return queues;
    }

    /**
     * Whether the daemon is to wake this client up, so that {@link JavfPort#await} ends when
     * packets come. It costs the daemon a fence for each burst, and a system call when the client
     * sleeps.
     *
     * @param on whether it is.
     */
    public PortContext wakeUps(final boolean on) {
        wakesUp = on;
        return this;
    }

    /** Whether the daemon is to wake this client up. */
    public boolean wakesUp() {
        return wakesUp;
    }
}
