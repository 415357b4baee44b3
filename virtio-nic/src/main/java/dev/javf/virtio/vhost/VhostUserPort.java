package dev.javf.virtio.vhost;

import dev.javf.linux.LinuxException;
import dev.javf.linux.MessageStream;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.PacketPool;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.net.VirtioPort;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A port whose other end is a virtual machine, or an application of DPDK's, behind a vhost-user
 * front-end. As a client, which is the usual, it connects to the front-end's socket whenever there
 * is one, so that either end can be started again while the other runs; as a server it waits for
 * one front-end after the other.
 */
public final class VhostUserPort extends VirtioPort {
    /** Which end makes the connection. */
    public enum Mode {
        /** The port connects, again and again; the front-end listens. */
        CLIENT,
        /** The port listens. */
        SERVER
    }

    private static final int MESSAGES_PER_DUTY_CYCLE = 64;
    private static final int PERMISSIONS = 0600;
    private static final long CONNECT_PERIOD_NS = 1_000_000_000L;

    private final UnixAddress address;
    private final VhostBackEnd backEnd;
    private final LongSupplier nanoClock;
    private final Consumer<String> report;
    private final @Nullable UnixSocket listener;
    private @Nullable VhostSocket socket;
    private long nextConnectNs;
    private boolean isLost;
    private long connections;

    /**
     * Starts to serve.
     *
     * @param address of the socket where front-end and port meet.
     * @param mode which end makes the connection.
     * @param isUnsealedMemoryAllowed whether to take memory that the front-end could shrink, as
     *     DPDK's is. An access to a page that is gone ends the connection, and may cost the poller
     *     the packets of one burst.
     * @param settings of the network device; the front-end has the address, so it doesn't count.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param network told what a guest wants that can't ask.
     * @param nanoClock the time, for the next attempt to connect.
     * @param report told what an operator may want to know, one line at a time.
     * @throws LinuxException if the port can't listen.
     */
    public VhostUserPort(
            final UnixAddress address,
            final Mode mode,
            final boolean isUnsealedMemoryAllowed,
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final LongSupplier nanoClock,
            final Consumer<String> report) {
        this(
                address,
                mode,
                new VhostBackEnd(settings, pool, network, isUnsealedMemoryAllowed),
                nanoClock,
                report);
    }

    private VhostUserPort(
            final UnixAddress address,
            final Mode mode,
            final VhostBackEnd backEnd,
            final LongSupplier nanoClock,
            final Consumer<String> report) {
        super(backEnd.device());
        this.address = address;
        this.backEnd = backEnd;
        this.nanoClock = nanoClock;
        this.report = report;
        listener =
                mode == Mode.SERVER
                        ? UnixSocket.listen(UnixSocket.Kind.STREAM, address, PERMISSIONS)
                        : null;
        nextConnectNs = nanoClock.getAsLong();
    }

    @Override
    public boolean isConnected() {
        return socket != null;
    }

    @Override
    protected long connections() {
        return connections;
    }

    @Override
    protected int look() {
        final VhostSocket current = socket;
        if (current == null) {
            return connect() ? 1 : 0;
        }
        return serve(current);
    }

    private boolean connect() {
        try {
            final UnixSocket connected = listener == null ? tryToConnect() : listener.accept();
            if (connected == null) {
                return false;
            }
            socket = new VhostSocket(connected);
            connections++;
            report.accept(name() + " at " + address + ": front-end connected");
            return true;
        } catch (final LinuxException e) {
            report.accept(name() + " at " + address + ": " + e.getMessage());
            return false;
        }
    }

    private @Nullable UnixSocket tryToConnect() {
        final long nowNs = nanoClock.getAsLong();
        if (nowNs - nextConnectNs < 0) {
            return null;
        }
        nextConnectNs = nowNs + CONNECT_PERIOD_NS;
        try {
            return UnixSocket.connect(UnixSocket.Kind.STREAM, address);
        } catch (final LinuxException e) {
            if (e.errno() == Libc.ENOENT() || e.errno() == Libc.ECONNREFUSED()) {
                return null;
            }
            throw e;
        }
    }

    private int serve(final VhostSocket current) {
        int count = 0;
        if (isLost) {
            current.end("its memory is gone");
        }
        try {
            while (count < MESSAGES_PER_DUTY_CYCLE
                    && current.endReason().isEmpty()
                    && current.flush()
                    && current.receive() == MessageStream.Received.MESSAGE) {
                handle(current);
                count++;
            }
        } catch (final LinuxException e) {
            current.end(e.toString());
        } catch (final InternalError e) {
            current.end("its memory is gone");
        }
        if (!backEnd.failure().isEmpty()) {
            // There is no other way to tell a front-end that its driver needs a reset.
            current.end("the guest's driver: " + backEnd.failure());
        }
        if (!current.endReason().isEmpty()) {
            disconnect(current);
            count++;
        }
        return count;
    }

    private void handle(final VhostSocket current) {
        final VhostRequest request = VhostRequest.of(current.request());
        final String error =
                request == null
                        ? "request " + Integer.toUnsignedString(current.request()) + " isn't known"
                        : !request.isLength(current.payload().byteSize())
                                ? request + " has " + current.payload().byteSize() + " bytes"
                                : current.descriptors().size() > request.maxDescriptors()
                                        ? request
                                                + " came with "
                                                + current.descriptors().size()
                                                + " descriptors"
                                        : backEnd.handle(
                                                request, current.payload(), current.descriptors());
        final boolean isAnswered = request != null && request.hasReply();
        if (error == null && isAnswered) {
            current.reply(backEnd.reply());
        } else if (!isAnswered && current.needsReply() && backEnd.hasReplyAck()) {
            current.reply(error == null ? 0 : 1);
            if (error != null) {
                report.accept(name() + " at " + address + ": refused: " + error);
            }
        } else if (error != null) {
            // Nobody would know that it wasn't done.
            current.end(error);
        }
    }

    private void disconnect(final VhostSocket current) {
        report.accept(name() + " at " + address + ": front-end is gone: " + current.endReason());
        socket = null;
        isLost = false;
        current.close();
        backEnd.disconnect();
        nextConnectNs = nanoClock.getAsLong() + CONNECT_PERIOD_NS;
    }

    /** Nothing of the memory is touched any more; the connection ends at the next look. */
    @Override
    protected void lose(final InternalError error) {
        device().stop();
        isLost = true;
        lookSoon();
    }

    @Override
    public void close() {
        final VhostSocket current = socket;
        if (current != null) {
            current.close();
            socket = null;
        }
        if (listener != null) {
            listener.close();
        }
        backEnd.close();
    }
}
