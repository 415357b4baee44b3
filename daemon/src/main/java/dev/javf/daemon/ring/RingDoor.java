package dev.javf.daemon.ring;

import dev.javf.client.RingLayout;
import dev.javf.client.RingSocket;
import dev.javf.client.Welcome;
import dev.javf.daemon.ClientNetwork;
import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.control.Role;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PeerCredentials;
import dev.javf.linux.UnixSocket;

import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a ring port's clients come in, one at a time. For the ring thread, except {@link #close}
 * and {@link #client}.
 *
 * <pre>
 *          connects           says hello, has memory        goes, lies, breaks the rules
 *  OPEN -------------> CALLED ----------------------> SERVED ------------+
 *   ^                    | refused, or silent                            |
 *   +--------------------+<------------- the poller has let go ------ LEAVING
 * </pre>
 */
final class RingDoor {
    private static final System.Logger LOGGER = System.getLogger(RingDoor.class.getName());
    private static final long HELLO_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long CAPTURE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final int MESSAGES_PER_DUTY_CYCLE = 16;
    private static final Pattern QUEUES = Pattern.compile(" queues=(\\d{1,9})\\b");

    private final RingSettings settings;
    private final @Nullable FunctionClient function;
    private final boolean isCapture;
    private final RingPort port;
    private final RingAddresses addresses;
    private final RingServer server;
    private final NanoClock clock;
    private final UnixSocket listener;
    private final RingCounters counters;

    private @Nullable RingSocket connection;
    private @Nullable RingSession session;
    private @Nullable RingSession leaving;
    private @Nullable CompletableFuture<ClientNetwork> network;
    private @Nullable RingClient requests;
    private boolean wantsWakeUps;
    private int wantedQueues;
    private boolean hasSaidHello;
    private long calledNs;
    private long openNs;
    private final long openedNs;
    private String quarantine = "";
    private String caller = "";
    private volatile String client = "";
    private volatile boolean isClosing;
    private volatile boolean isGone;

    RingDoor(
            final @Nullable FunctionClient function,
            final RingPort port,
            final RingServer server,
            final NanoClock clock,
            final boolean isCapture) {
        this.isCapture = isCapture;
        this.function = function;
        this.port = port;
        settings = port.settings();
        addresses = port.addresses();
        this.server = server;
        this.clock = clock;
        counters = port.ringCounters();
        listener = UnixSocket.listen(UnixSocket.Kind.SEQPACKET, settings.socket(), settings.mode());
        server.watch(listener.descriptor());
        openNs = clock.nanoTime();
        openedNs = openNs;
    }

    /** Who is connected, for people; empty if nobody is. Any thread. */
    String client() {
        return client;
    }

    /** Ends the client's session and serves no other. Any thread. */
    void close() {
        isClosing = true;
        server.wakeUp();
    }

    /** Whether everything is closed. */
    boolean isGone() {
        return isGone;
    }

    /** Closes everything at once: no poller runs any more. */
    void abandon() {
        final RingSession open = session;
        if (open != null) {
            end("javfd ends");
        }
        if (leaving != null) {
            leaving.close();
            leaving = null;
        }
        listener.close();
        isGone = true;
    }

    int doWork() {
        try {
            return isClosing ? leaveForGood() : serve();
        } catch (final LinuxException e) {
            LOGGER.log(
                    System.Logger.Level.WARNING, "port " + settings.name() + ": " + e.getMessage());
            end("javfd failed: " + e.getMessage());
            return 1;
        }
    }

    private int leaveForGood() {
        if (connection != null) {
            end("the port is closed");
        }
        freeLeft();
        if (leaving == null && !isGone) {
            listener.close();
            isGone = true;
            return 1;
        }
        return 0;
    }

    private int serve() {
        int work = freeLeft();
        final RingSocket current = connection;
        if (current == null && isUnwanted()) {
            isClosing = true;
            return 1;
        }
        if (current == null) {
            return leaving == null ? work + accept() : work;
        }
        final RingSession open = session;
        if (open != null) {
            final Violation violation = open.violation();
            if (violation != null) {
                quarantine(violation);
                return work + 1;
            }
        }
        work += listen(current);
        if (connection == null) {
            return work + 1;
        }
        work += turnAway("port " + settings.name() + " is in use by " + caller);
        final RingClient asking = requests;
        if (asking != null) {
            work += asking.doWork();
            if (asking.isTooSlow()) {
                end("too many answers that the client doesn't read");
            }
        } else {
            work += letIn(current);
        }
        return work;
    }

    private int letIn(final RingSocket current) {
        final int work = hasSaidHello && session == null ? begin() : 0;
        final RingSession open = session;
        if (open != null && open.isReady()) {
            return work + welcome(current, open);
        }
        if (clock.nanoTime() - calledNs > HELLO_TIMEOUT_NS) {
            end(hasSaidHello ? "no packet buffers are free for it; try again" : "no hello");
        }
        return work;
    }

    /** A capture is for one client, who comes at once. */
    private boolean isUnwanted() {
        return isCapture
                && (counters.connections().value() > 0
                        || clock.nanoTime() - openedNs > CAPTURE_TIMEOUT_NS);
    }

    private int freeLeft() {
        final RingSession left = leaving;
        if (left == null || !left.isLeft()) {
            return 0;
        }
        left.close();
        leaving = null;
        return 1;
    }

    /** Whoever comes while somebody else is there is told so. */
    private int turnAway(final String reason) {
        final UnixSocket other = listener.accept();
        if (other == null) {
            return 0;
        }
        refuse(new RingSocket(other), reason);
        return 1;
    }

    private void refuse(final RingSocket socket, final String reason) {
        counters.refusals().increment();
        socket.send("refused: " + reason, List.of());
        socket.close();
    }

    private int accept() {
        final long nowNs = clock.nanoTime();
        if (nowNs - openNs < 0) {
            return turnAway(
                    "quarantined for "
                            + (TimeUnit.NANOSECONDS.toSeconds(openNs - nowNs) + 1)
                            + " s: of the last client "
                            + quarantine);
        }
        final UnixSocket accepted = listener.accept();
        if (accepted == null) {
            return 0;
        }
        final RingSocket socket = new RingSocket(accepted);
        final PeerCredentials peer = accepted.peerCredentials();
        if (settings.clients().of(peer.uid(), peer.gid(), accepted.peerGroups())
                != Role.ADMINISTER) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "port " + settings.name() + ": denied to user " + peer.uid());
            refuse(
                    socket,
                    "user "
                            + peer.uid()
                            + " may not use port "
                            + settings.name()
                            + "; name it in 'clients' of the port's configuration");
            return 1;
        }
        server.watch(accepted.descriptor());
        connection = socket;
        hasSaidHello = false;
        calledNs = nowNs;
        caller = "process " + peer.pid() + " of user " + peer.uid();
        network = function == null ? null : function.clientNetwork();
        return 1;
    }

    private int listen(final RingSocket current) {
        int count = 0;
        while (count < MESSAGES_PER_DUTY_CYCLE && connection == current) {
            final String message = current.receive(0);
            if (message == null) {
                break;
            }
            count++;
            final RingClient asking = requests;
            if (asking != null) {
                asking.request(message);
                continue;
            }
            final String first = "hello " + RingLayout.VERSION;
            if (hasSaidHello || !message.startsWith(first)) {
                refuse("this is version " + RingLayout.VERSION + " of javfd's ring ports");
            } else {
                hasSaidHello = true;
                wantsWakeUps = message.contains(" wake=1");
                wantedQueues = queues(message);
            }
        }
        if (connection == current && current.isEnded()) {
            end("it has gone");
            count++;
        }
        return count;
    }

    /** How many queues a client gets: what it asks for, within what the port has. */
    private int queues(final String hello) {
        final Matcher wanted = QUEUES.matcher(hello);
        return wanted.find()
                ? Math.clamp(Long.parseLong(wanted.group(1)), 1, settings.queues())
                : 1;
    }

    private void refuse(final String reason) {
        final RingSocket current = connection;
        if (current != null) {
            counters.refusals().increment();
            current.send("refused: " + reason, List.of());
            end(reason);
        }
    }

    /** Once it is known how the function is. */
    private int begin() {
        final CompletableFuture<ClientNetwork> asked = network;
        if (asked != null && !asked.isDone()) {
            return 0;
        }
        if (asked != null && asked.isCompletedExceptionally()) {
            refuse("the function can't be had now");
            return 1;
        }
        final RingSession opened;
        try {
            opened = RingSession.open(port, wantedQueues, wantsWakeUps);
        } catch (final LinuxException e) {
            refuse("no memory: " + e.getMessage());
            return 1;
        }
        session = opened;
        if (isCapture) {
            opened.granted(settings.trunk());
        }
        // Before the client knows: what comes for it from then on, it gets.
        port.offer(opened);
        return 1;
    }

    private int welcome(final RingSocket current, final RingSession opened) {
        final CompletableFuture<ClientNetwork> asked = network;
        final ClientNetwork own = asked == null ? null : asked.join();
        final Welcome welcome =
                new Welcome(
                        settings.name(),
                        settings.mac(),
                        settings.vlan(),
                        settings.trunk(),
                        opened.queues().length,
                        settings.slots(),
                        opened.strideBytes(),
                        settings.isZeroCopy() ? port.pool().headroomBytes() : 0,
                        settings.maxFrameBytes(),
                        settings.isZeroCopy(),
                        own == null || own.isLinkUp());
        if (!current.send(welcome.toString(), opened.descriptors())) {
            end("it doesn't take its welcome");
            return 1;
        }
        requests = new RingClient(settings, current, own, opened, addresses, server);
        counters.connections().increment();
        client = caller;
        LOGGER.log(
                System.Logger.Level.INFO,
                "port " + settings.name() + ": " + caller + " is connected");
        return 1;
    }

    private void quarantine(final Violation violation) {
        quarantine = violation.toString();
        openNs = clock.nanoTime() + settings.quarantineNs();
        LOGGER.log(
                System.Logger.Level.ERROR,
                "port "
                        + settings.name()
                        + ": quarantined for "
                        + TimeUnit.NANOSECONDS.toSeconds(settings.quarantineNs())
                        + " s: "
                        + caller
                        + ": "
                        + violation);
        end("quarantined: " + violation);
    }

    /** Takes back all that the client had; its memory as soon as the poller has let go of it. */
    private void end(final String reason) {
        final RingSocket current = connection;
        final RingSession open = session;
        final CompletableFuture<ClientNetwork> asked = network;
        connection = null;
        session = null;
        network = null;
        requests = null;
        if (open != null) {
            port.offer(null);
            leaving = open;
        }
        if (asked != null) {
            final var _ = asked.thenAccept(ClientNetwork::close);
        }
        addresses.granted(List.of());
        if (current != null) {
            current.send("end " + reason, List.of());
            current.close();
            if (open != null) {
                LOGGER.log(
                        System.Logger.Level.INFO,
                        "port " + settings.name() + ": " + caller + " has left: " + reason);
            }
        }
        client = "";
    }
}
