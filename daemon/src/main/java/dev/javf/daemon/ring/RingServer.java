package dev.javf.daemon.ring;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.linux.Descriptor;
import dev.javf.linux.Epoll;
import dev.javf.linux.EventFd;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.PacketPool;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The thread of all ring ports: it lets clients in, gives them memory, hands what they ask for to
 * the conductor, and cleans up behind them. What may take long or allocate is done here, so that a
 * poller never does.
 */
public final class RingServer implements Agent {
    private static final int EVENTS = 16;
    private static final int WAIT_MS = 10;

    private final NanoClock clock;
    private final List<RingDoor> doors = new CopyOnWriteArrayList<>();
    private final Epoll epoll = Epoll.create(EVENTS);
    private final EventFd wakeUp = EventFd.create();

    /**
     * A server without ports.
     *
     * @param clock for all timeouts.
     */
    public RingServer(final NanoClock clock) {
        this.clock = clock;
        epoll.add(wakeUp.descriptor(), Libc.EPOLLIN(), 0);
    }

    /**
     * Opens a port; its door is served from now on, its packets as soon as {@link
     * FunctionClient#ports} gives it to its poller. Any thread.
     *
     * @param settings of the port.
     * @param function whose VLANs and addresses the client may ask for; null for a port of none.
     * @param pool of the poller.
     * @return the port.
     * @throws dev.javf.linux.LinuxException when the socket is in use or not permitted.
     */
    public RingPort open(
            final RingSettings settings,
            final @Nullable FunctionClient function,
            final PacketPool pool) {
        return open(settings, function, pool, false);
    }

    /**
     * Opens a port for {@link CapturePort#capture}. It is gone when its client is, or when none
     * comes within 10 s.
     *
     * @param settings of {@link RingSettings#capture}.
     * @param pool of the poller.
     * @throws dev.javf.linux.LinuxException when the socket is in use or not permitted.
     */
    public RingPort openCapture(final RingSettings settings, final PacketPool pool) {
        return open(settings, null, pool, true);
    }

    private RingPort open(
            final RingSettings settings,
            final @Nullable FunctionClient function,
            final PacketPool pool,
            final boolean isCapture) {
        final PortCounters counters =
                function == null ? new PortCounters() : function.portCounters(settings.name());
        final RingPort port = new RingPort(settings, pool, counters);
        final RingDoor door = new RingDoor(function, port, this, clock, isCapture);
        port.door(door);
        doors.add(door);
        wakeUp();
        return port;
    }

    /**
     * A port's place at its function.
     *
     * @param port that {@link #open} made.
     */
    public static PortBinding bind(final RingPort port) {
        final RingSettings settings = port.settings();
        return new PortBinding(
                port,
                settings.vlan(),
                settings.trunk(),
                settings.mac(),
                port.addresses(),
                false,
                port.counters());
    }

    /** A door's descriptor is waited for. */
    void watch(final Descriptor descriptor) {
        epoll.add(descriptor, Libc.EPOLLIN(), 1);
    }

    /** Has the thread look at its doors. Any thread. */
    void wakeUp() {
        wakeUp.signal();
    }

    @Override
    public int doWork() {
        int work = 0;
        for (final RingDoor door : doors) {
            work += door.doWork();
        }
        if (work > 0) {
            doors.removeIf(RingDoor::isGone);
        }
        return work;
    }

    /** Waits until there may be something to do; for an idle strategy. */
    public void await() {
        epoll.poll(WAIT_MS);
        wakeUp.drain();
    }

    @Override
    public String roleName() {
        return "javf-rings";
    }

    /** Lets all clients go. The pollers have stopped, or use none of the ports any more. */
    @Override
    public void onClose() {
        doors.forEach(RingDoor::abandon);
        epoll.close();
        wakeUp.close();
    }

    /** All VLANs that a port can have, for messages. */
    static String text(final VlanSet vlans) {
        return vlans.isEmpty() ? "none" : vlans.toString();
    }
}
