package dev.javf.daemon;

import dev.javf.iavf.QueueOwner;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;

import org.agrona.concurrent.NanoClock;

import java.util.List;

/**
 * The daemon's poller and the conductor's command queue without the daemon, for the queues of
 * another driver. One thread.
 */
public final class InvokedPoller implements AutoCloseable {
    private static final int PACKET_BUFFERS = 8192;

    private final Conductor conductor;
    private final Poller poller;

    /** A poller of nothing. */
    public InvokedPoller(final NanoClock clock) {
        conductor = new Conductor(clock);
        poller =
                new Poller(
                        "poller",
                        new PacketPool("another driver's packets", PACKET_BUFFERS),
                        Counters.PRIVATE);
    }

    public PacketPool pool() {
        return poller.pool();
    }

    /** Another function's queues. */
    public QueueOwner newOwner() {
        return new PollerQueueOwner(conductor, poller, Runnable::run, Counters.PRIVATE);
    }

    /** Serves ports by the queues of an owner that was made here. */
    public void ports(
            final QueueOwner owner, final List<PortBinding> bindings, final Runnable done) {
        ((PollerQueueOwner) owner).ports(bindings, done);
    }

    /** Takes packets from the ports of an owner that was made here: its queues are enabled. */
    public void up(final QueueOwner owner) {
        ((PollerQueueOwner) owner).up();
    }

    public int doWork() {
        return conductor.doWork() + poller.doWork();
    }

    @Override
    public void close() {
        poller.onClose();
    }
}
