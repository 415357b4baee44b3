package dev.javf.daemon.ring;

import dev.javf.linux.Descriptor;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import org.jspecify.annotations.Nullable;

/**
 * A port as another one sees it whose packets can be watched: what passes goes to a ring port
 * besides, while somebody captures. Without that a burst costs one look at a field.
 */
public final class CapturePort implements PacketPort {
    private final PacketPort port;
    private volatile @Nullable RingPort capture;

    /**
     * A port that nobody watches.
     *
     * @param port the port; becomes this object's.
     */
    public CapturePort(final PacketPort port) {
        this.port = port;
    }

    /** The port itself. */
    public PacketPort port() {
        return port;
    }

    /** Who watches; null if nobody does. Any thread. */
    public @Nullable RingPort capture() {
        return capture;
    }

    /**
     * Has packets go to a ring port besides. Not while another one gets them. Any thread but the
     * poller's, one at a time.
     *
     * @param watcher gets copies, as long as it has a client; it is this object's until then.
     */
    public void capture(final RingPort watcher) {
        capture = watcher;
    }

    @Override
    public String name() {
        return port.name();
    }

    @Override
    public int receive(final PacketVector vector) {
        final int before = vector.size();
        final int received = port.receive(vector);
        final RingPort watcher = capture;
        if (watcher != null && received > 0) {
            watcher.mirror(vector, before);
        }
        return received;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final RingPort watcher = capture;
        if (watcher != null) {
            watcher.mirror(vector, 0);
        }
        return port.transmit(vector);
    }

    @Override
    public int offloads() {
        return port.offloads();
    }

    @Override
    public boolean checksHeaders() {
        return port.checksHeaders();
    }

    @Override
    public @Nullable Descriptor readiness() {
        return port.readiness();
    }

    @Override
    public int doWork() {
        final RingPort watcher = capture;
        if (watcher != null) {
            watcher.doWork();
            if (watcher.isGone()) {
                capture = null;
            }
        }
        return port.doWork();
    }

    @Override
    public void releaseBuffers() {
        final RingPort watcher = capture;
        if (watcher != null) {
            watcher.releaseBuffers();
        }
        port.releaseBuffers();
    }

    @Override
    public void close() {
        final RingPort watcher = capture;
        if (watcher != null) {
            watcher.close();
        }
        port.close();
    }
}
