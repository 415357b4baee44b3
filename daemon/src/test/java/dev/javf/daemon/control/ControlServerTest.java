package dev.javf.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.javf.linux.Epoll;
import dev.javf.linux.UnixAddress;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What clients cost a duty cycle of the control thread, counted; this thread is the server's. */
class ControlServerTest {
    private static final int CLIENTS = 200;
    private static final int REQUESTS = 50;

    @TempDir private Path folder;

    private final List<SocketChannel> clients = new ArrayList<>();
    private final Epoll epoll = Epoll.create(64);

    /** Done in this duty cycle, by client. */
    private final Map<String, Integer> done = new HashMap<>();

    private final List<Thread> answerers = new ArrayList<>();
    private int doneEver;
    private ControlServer server;

    @BeforeEach
    void listen() throws IOException {
        final int own = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        server =
                new ControlServer(
                        new UnixAddress(folder.resolve("socket").toString()),
                        0600,
                        new Roles(List.of(), List.of(), own, Path.of("/etc")),
                        256,
                        List.of(
                                new Command(
                                        "count",
                                        Role.READ,
                                        List.of("client"),
                                        "Counts.",
                                        this::count)),
                        epoll);
    }

    @AfterEach
    void close() throws IOException {
        for (final SocketChannel client : clients) {
            client.close();
        }
        server.close();
        epoll.close();
    }

    private Answer count(final Request request) {
        doneEver++;
        done.merge(request.text("client"), 1, Integer::sum);
        final CompletableFuture<String> known = new CompletableFuture<>();
        final Supplier<JsonNode> maker =
                () -> {
                    answerers.add(Thread.currentThread());
                    return Request.MAPPER.createObjectNode().put("text", known.join());
                };
        // Another thread knows it; what it knows is made a text of by this one.
        try {
            Thread.ofPlatform().start(() -> known.complete("x".repeat(1000))).join();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new Answer(List.of(known), maker);
    }

    private SocketChannel connect() throws IOException {
        final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(folder.resolve("socket")));
        channel.configureBlocking(false);
        clients.add(channel);
        return channel;
    }

    private void cycle() {
        done.clear();
        final int before = server.clients();
        server.doWork(0);
        assertThat(server.clients() - before).as("accepted").isLessThanOrEqualTo(1);
        assertThat(done.values()).as("commands of a client").allMatch(count -> count == 1);
    }

    private static int read(final SocketChannel client) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
        int lines = 0;
        while (client.read(bytes) > 0) {
            bytes.flip();
            lines +=
                    (int)
                            StandardCharsets.UTF_8
                                    .decode(bytes)
                                    .chars()
                                    .filter(c -> c == '\n')
                                    .count();
            bytes.clear();
        }
        return lines;
    }

    @Test
    void shouldDoOneCommandOfEachClientInADutyCycle() throws IOException {
        for (int i = 0; i < CLIENTS; i++) {
            final String request =
                    "{\"version\":1,\"command\":\"count\",\"client\":\"" + i + "\"}\n";
            final ByteBuffer requests =
                    ByteBuffer.wrap(request.repeat(REQUESTS).getBytes(StandardCharsets.UTF_8));
            connect().write(requests);
            assertThat(requests.hasRemaining()).isFalse();
            cycle();
        }
        int answers = 0;
        // One duty cycle accepts, one receives, one runs the line, one sends: for each there is
        // one.
        final int cyclesMax = CLIENTS + 4 * REQUESTS;
        for (int i = 0; i < cyclesMax; i++) {
            cycle();
            for (final SocketChannel client : clients) {
                answers += read(client);
            }
        }
        assertThat(doneEver).isEqualTo(CLIENTS * REQUESTS);
        assertThat(answers).isEqualTo(CLIENTS * REQUESTS);
        assertThat(answerers).hasSize(CLIENTS * REQUESTS).containsOnly(Thread.currentThread());
    }

    @Test
    void shouldDoNothingForOneThatDoesntRead() throws IOException {
        final SocketChannel client = connect();
        final ByteBuffer requests =
                ByteBuffer.wrap(
                        "{\"version\":1,\"command\":\"count\",\"client\":\"slow\"}\n"
                                .repeat(10_000)
                                .getBytes(StandardCharsets.UTF_8));
        int stood = 0;
        while (stood < 100) {
            client.write(requests);
            final int before = doneEver;
            cycle();
            stood = doneEver == before ? stood + 1 : 0;
        }
        assertThat(requests.hasRemaining()).isTrue();
        final int whatItsSocketHolds = doneEver;
        cycle();
        assertThat(doneEver).isEqualTo(whatItsSocketHolds);
        assertThat(read(client)).isPositive();
        cycle();
        cycle();
        assertThat(doneEver).isGreaterThan(whatItsSocketHolds);
    }

    @Test
    void shouldTakeNoMoreThanALineOfOneWithoutEnd() throws IOException {
        final SocketChannel client = connect();
        final ByteBuffer endless =
                ByteBuffer.wrap("x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
        client.write(endless);
        final int held = endless.position();
        int cycles = 0;
        while (server.clients() > 0 || cycles == 0) {
            cycle();
            cycles++;
            assertThat(cycles).isLessThan(10);
        }
        assertThat(held).isGreaterThan(ControlConnection.LINE_BYTES_MAX);
        assertThat(doneEver).isZero();
    }
}
