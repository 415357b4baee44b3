package dev.javf.daemon.control;

import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PeerCredentials;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import org.agrona.CloseHelper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The control socket: a stream of lines of JSON, one request each, answered by one line each. What
 * clients do, or don't, costs the control thread a bounded time and bounded memory, and no other
 * thread anything. For the control thread.
 */
public final class ControlServer implements AutoCloseable {
    /** How long a client may stop in the middle of a line of its own or of ours. */
    static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

    private static final System.Logger AUDIT = System.getLogger("javf.audit");
    private static final System.Logger LOGGER = System.getLogger(ControlServer.class.getName());

    private final UnixSocket listener;
    private final Epoll epoll;
    private final MemorySegment memory = Arena.ofAuto().allocate(ControlConnection.LINE_BYTES_MAX);
    private final Roles roles;
    private final int clientsMax;
    private final Map<String, Command> commands = new LinkedHashMap<>();
    private final List<ControlConnection> connections = new ArrayList<>();
    private long refused;
    private boolean isBusy;

    /**
     * Listens.
     *
     * @param address of the socket.
     * @param mode permissions of its file.
     * @param roles who may do what.
     * @param clientsMax connections at the same time.
     * @param commands what can be asked for.
     * @param epoll watches all sockets, so that its owner can wait for them.
     * @throws LinuxException if the address is in use or not permitted.
     */
    public ControlServer(
            final UnixAddress address,
            final int mode,
            final Roles roles,
            final int clientsMax,
            final List<Command> commands,
            final Epoll epoll) {
        this.roles = roles;
        this.clientsMax = clientsMax;
        this.epoll = epoll;
        commands.forEach(command -> this.commands.put(command.name(), command));
        listener = UnixSocket.listen(UnixSocket.Kind.STREAM, address, mode);
        permit(address, mode);
        epoll.add(listener.descriptor(), Libc.EPOLLIN(), 0);
    }

    /** Gives the socket's file the permissions that are asked for, whatever the umask took away. */
    private void permit(final UnixAddress address, final int mode) {
        if (address.isAbstract()) {
            return;
        }
        try {
            Files.setAttribute(Path.of(address.name()), "unix:mode", mode);
        } catch (final IOException e) {
            close();
            throw new UncheckedIOException("permissions of " + address, e);
        }
    }

    Map<String, Command> commands() {
        return commands;
    }

    /** For one system call at a time. */
    MemorySegment memory() {
        return memory;
    }

    /** Connections now. */
    public int clients() {
        return connections.size();
    }

    /** Requests that were refused so far. */
    public long refused() {
        return refused;
    }

    void onRefused() {
        refused++;
    }

    void report(final String what) {
        LOGGER.log(System.Logger.Level.INFO, what);
    }

    void audit(final ControlConnection.Client client, final Request request, final String outcome) {
        AUDIT.log(System.Logger.Level.INFO, client + " " + request + " -> " + outcome);
    }

    /**
     * Accepts clients, and does what they ask for.
     *
     * @param nowNs the time.
     * @return how much there was to do.
     */
    public int doWork(final long nowNs) {
        int count = accept(nowNs);
        isBusy = false;
        for (int i = connections.size() - 1; i >= 0; i--) {
            final ControlConnection connection = connections.get(i);
            count += connection.doWork(nowNs);
            isBusy |= connection.isAwaiting();
            if (connection.isOver()) {
                connections.remove(i);
                connection.close();
                count++;
            }
        }
        return count;
    }

    /** Whether a command is being done, whose end no socket tells. */
    public boolean isBusy() {
        return isBusy;
    }

    private int accept(final long nowNs) {
        try {
            final UnixSocket connected = listener.accept();
            if (connected == null) {
                return 0;
            }
            admit(connected, nowNs);
        } catch (final LinuxException e) {
            LOGGER.log(System.Logger.Level.WARNING, "accepting a client failed: " + e.getMessage());
        }
        return 1;
    }

    private void admit(final UnixSocket connected, final long nowNs) {
        final PeerCredentials peer = connected.peerCredentials();
        final Role role = roles.of(peer.uid(), peer.gid(), connected.peerGroups());
        final ControlConnection connection =
                new ControlConnection(
                        connected,
                        this,
                        new ControlConnection.Client(peer.pid(), peer.uid(), peer.gid(), role),
                        nowNs);
        if (connections.size() >= clientsMax) {
            connection.refuse(
                    new ControlException(
                            ControlException.Code.BUSY,
                            clientsMax
                                    + " clients are connected already; try again later, or raise"
                                    + " control.clients"));
            connection.doWork(nowNs);
            connection.close();
            return;
        }
        // By edges: every connection is looked at in every duty cycle, this only ends a wait. A
        // client that sends and doesn't read must not end all of them.
        epoll.add(connected.descriptor(), Libc.EPOLLIN() | Libc.EPOLLOUT() | Libc.EPOLLET(), 0);
        connections.add(connection);
    }

    @Override
    public void close() {
        listener.close();
        CloseHelper.closeAll(connections);
        connections.clear();
    }
}
