package dev.javf.daemon.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;

import dev.javf.daemon.control.Role;
import dev.javf.daemon.control.Roles;
import dev.javf.linux.Epoll;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PeerCredentials;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;

import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * DPDK's telemetry sockets: {@code dpdk_telemetry.v2} and, for collectd, {@code telemetry}. Who may
 * read may ask; a client has one message and one answer in here at a time. For the control thread.
 */
public final class TelemetryServer implements AutoCloseable {
    /** Name of the socket of version 2. */
    public static final String SOCKET = "dpdk_telemetry.v2";

    /** Name of the socket of the version before. */
    public static final String LEGACY_SOCKET = "telemetry";

    private static final System.Logger LOGGER = System.getLogger(TelemetryServer.class.getName());

    private final UnixSocket listener;
    private final UnixSocket legacyListener;
    private final Roles roles;
    private final int clientsMax;
    private final Epoll epoll;
    private final CommandProtocol protocol;
    private final LegacyProtocol legacyProtocol;
    private final MemorySegment memory = Arena.ofAuto().allocate(LegacyProtocol.ANSWER_BYTES_MAX);
    private final List<TelemetryConnection> connections = new ArrayList<>();

    /** Connections that clients asked for while others are gone through. */
    private final List<TelemetryConnection> called = new ArrayList<>();

    private long nowNs;

    /**
     * Where, for whom.
     *
     * @param folder of the sockets; made if it isn't there.
     * @param mode permissions of their files.
     * @param roles who may read.
     * @param clientsMax connections at the same time.
     */
    public record Settings(Path folder, int mode, Roles roles, int clientsMax) {}

    /**
     * What is answered.
     *
     * @param version what program and version this is.
     * @param commands of version 2.
     * @param legacyCommands of the version before: for each port an object with its statistics.
     */
    public record Answers(
            String version,
            List<TelemetryCommand> commands,
            Map<String, Supplier<ArrayNode>> legacyCommands) {}

    /**
     * Listens.
     *
     * @param settings where, for whom.
     * @param answers what is answered.
     * @param epoll watches all sockets, so that its owner can wait for them.
     * @throws LinuxException if a socket is in use or not permitted.
     */
    public TelemetryServer(final Settings settings, final Answers answers, final Epoll epoll) {
        roles = settings.roles();
        clientsMax = settings.clientsMax();
        this.epoll = epoll;
        protocol = new CommandProtocol(answers.version(), answers.commands());
        legacyProtocol = new LegacyProtocol(answers.legacyCommands());
        try {
            Files.createDirectories(settings.folder());
        } catch (final IOException e) {
            throw new UncheckedIOException("telemetry.folder " + settings.folder(), e);
        }
        listener = listen(settings, SOCKET);
        try {
            legacyListener = listen(settings, LEGACY_SOCKET);
        } catch (final RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    private UnixSocket listen(final Settings settings, final String name) {
        final Path file = settings.folder().resolve(name);
        final UnixSocket socket =
                UnixSocket.listen(
                        UnixSocket.Kind.SEQPACKET,
                        new UnixAddress(file.toString()),
                        settings.mode());
        try {
            // Whatever the umask took away.
            Files.setAttribute(file, "unix:mode", settings.mode());
        } catch (final IOException e) {
            socket.close();
            throw new UncheckedIOException("permissions of " + file, e);
        }
        epoll.add(socket.descriptor(), Libc.EPOLLIN(), 0);
        return socket;
    }

    /**
     * Accepts clients, and answers them.
     *
     * @param nowNs the time.
     * @return how much there was to do.
     */
    public int doWork(final long nowNs) {
        this.nowNs = nowNs;
        int count = accept(listener, false) + accept(legacyListener, true);
        for (int i = connections.size() - 1; i >= 0; i--) {
            final TelemetryConnection connection = connections.get(i);
            count += connection.doWork(nowNs);
            if (connection.isOver()) {
                connections.remove(i);
                connection.close();
                count++;
            }
        }
        connections.addAll(called);
        called.clear();
        return count;
    }

    private int accept(final UnixSocket from, final boolean isLegacy) {
        try {
            final UnixSocket connected = from.accept();
            if (connected == null) {
                return 0;
            }
            final TelemetryConnection connection = admit(connected, isLegacy);
            if (connection != null) {
                if (!isLegacy) {
                    connection.greet(protocol.greeting());
                }
                connections.add(connection);
            }
        } catch (final LinuxException e) {
            report("accepting a client failed: " + e.getMessage());
        }
        return 1;
    }

    /** Refuses who may not; the protocols have no word for it but an end. */
    private @Nullable TelemetryConnection admit(
            final UnixSocket connected, final boolean isLegacy) {
        final PeerCredentials peer = connected.peerCredentials();
        final Role role = roles.of(peer.uid(), peer.gid(), connected.peerGroups());
        final boolean isFull = connections.size() + called.size() >= clientsMax;
        if (isFull || !role.permits(Role.READ)) {
            report(
                    "uid="
                            + peer.uid()
                            + " gid="
                            + peer.gid()
                            + " pid="
                            + peer.pid()
                            + (isFull
                                    ? ": "
                                            + clientsMax
                                            + " clients are connected already; raise"
                                            + " telemetry.clients"
                                    : " may not ask; control.readers says who may"));
            connected.close();
            return null;
        }
        epoll.add(connected.descriptor(), Libc.EPOLLIN() | Libc.EPOLLOUT() | Libc.EPOLLET(), 0);
        return new TelemetryConnection(
                connected, memory, isLegacy ? this::legacy : protocol::answer, nowNs);
    }

    private byte @Nullable [] legacy(final byte[] message) {
        return switch (legacyProtocol.read(message)) {
            case LegacyProtocol.Asked.Answer(final JsonNode line) -> CommandProtocol.bytes(line);
            case LegacyProtocol.Asked.Farewell() -> null;
            case LegacyProtocol.Asked.Registration(final String path) -> {
                call(path);
                yield new byte[0];
            }
        };
    }

    private void call(final String path) {
        try {
            final TelemetryConnection connection =
                    admit(
                            UnixSocket.connect(UnixSocket.Kind.SEQPACKET, new UnixAddress(path)),
                            true);
            if (connection != null) {
                called.add(connection);
            }
        } catch (final LinuxException | IllegalArgumentException e) {
            report("a client wants to be called where nobody answers: " + e.getMessage());
        }
    }

    private static void report(final String what) {
        LOGGER.log(System.Logger.Level.INFO, "telemetry: " + what);
    }

    @Override
    public void close() {
        listener.close();
        legacyListener.close();
        CloseHelper.closeAll(connections);
        connections.clear();
    }
}
