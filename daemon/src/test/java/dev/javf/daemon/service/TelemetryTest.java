package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.javf.daemon.demo.GuestLab;
import dev.javf.linux.Epoll;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.testing.Awaiting;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The running daemon, asked the way DPDK's telemetry tools ask. */
class TelemetryTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PATIENCE_MS = 30_000;
    private static final int CLIENTS = 8;

    @TempDir private static Path folder;

    private static JavfdProcess daemon;
    private static Path sockets;

    @BeforeAll
    static void start() throws Exception {
        sockets = folder.resolve("dpdk/javf");
        daemon =
                JavfdProcess.ready(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "telemetry { clients = "
                                + CLIENTS
                                + ", mode = \"0600\", folder = \""
                                + sockets
                                + "\" }\n"
                                + "ports.vm { kind = vfio-user, function = left, socket = \""
                                + folder.resolve("vm.sock")
                                + "\" }\n");
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.stop();
        assertThat(sockets.resolve("dpdk_telemetry.v2")).doesNotExist();
        assertThat(sockets.resolve("telemetry")).doesNotExist();
    }

    /** A tool: says a message, and takes one. */
    private static final class Tool implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final MemorySegment memory = arena.allocate(128 << 10);
        private final Epoll epoll = Epoll.create(1);
        private final UnixSocket socket;

        Tool(final UnixSocket socket) {
            this.socket = socket;
            epoll.add(socket.descriptor(), Libc.EPOLLIN(), 0);
        }

        /** Connected to version 2, and greeted. */
        static Tool connected() throws IOException {
            final Tool tool = new Tool(connect("dpdk_telemetry.v2"));
            final JsonNode greeting = JSON.readTree(tool.receive());
            assertThat(greeting.path("version").asText()).startsWith("javf ");
            assertThat(greeting.path("pid").asLong()).isEqualTo(daemon.process().pid());
            assertThat(greeting.path("max_output_len").asInt()).isEqualTo(16384);
            return tool;
        }

        static UnixSocket connect(final String name) {
            return UnixSocket.connect(
                    UnixSocket.Kind.SEQPACKET, new UnixAddress(sockets.resolve(name).toString()));
        }

        void send(final String message) {
            final byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
            assertThat(socket.send(memory, 0, bytes.length)).isEqualTo(bytes.length);
        }

        /** The next message; empty when the daemon has closed. */
        String receive() {
            assertThat(epoll.poll(PATIENCE_MS)).as("an answer in time").isPositive();
            final int length = socket.receive(memory, 0, (int) memory.byteSize());
            return length <= 0
                    ? ""
                    : new String(
                            memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE),
                            StandardCharsets.UTF_8);
        }

        /** The value of an answer. */
        JsonNode ask(final String request) throws IOException {
            send(request);
            final JsonNode answer = JSON.readTree(receive());
            assertThat(answer.size()).isEqualTo(1);
            return answer.path(request.split(",", 2)[0]);
        }

        @Override
        public void close() {
            socket.close();
            epoll.close();
            arena.close();
        }
    }

    @Test
    void shouldAnswerEveryCommand() throws Exception {
        try (Tool tool = Tool.connected()) {
            final List<String> commands = new ArrayList<>();
            tool.ask("/").forEach(command -> commands.add(command.asText()));
            assertThat(commands)
                    .isSorted()
                    .contains(
                            "/",
                            "/help",
                            "/info",
                            "/eal/params",
                            "/eal/app_params",
                            "/ethdev/list",
                            "/ethdev/info",
                            "/ethdev/link_status",
                            "/ethdev/macs",
                            "/ethdev/stats",
                            "/ethdev/xstats");
            for (final String command : commands) {
                assertThat(tool.ask("/help," + command).path(command).asText()).isNotEmpty();
                final String parameter =
                        command.equals("/help")
                                ? ",/"
                                : command.startsWith("/ethdev/") && !command.endsWith("list")
                                        ? ",1"
                                        : "";
                assertThat(tool.ask(command + parameter).isNull()).as(command).isFalse();
            }
            assertThat(tool.ask("/info").path("pid").asLong()).isEqualTo(daemon.process().pid());
        }
    }

    /** What Telegraf's plugin asks in each interval. */
    @Test
    void shouldGiveWhatTelegrafAsks() throws Exception {
        final JsonNode left = daemon.ctl("stats", "left", "-j").json().path("functions").path(0);
        try (Tool tool = Tool.connected()) {
            final JsonNode list = tool.ask("/ethdev/list");
            assertThat(list).hasSize(2);
            for (final JsonNode port : list) {
                final JsonNode info = tool.ask("/ethdev/info," + port);
                assertThat(info.path("name").asText()).isIn("left", "right");
                assertThat(info.path("port_id")).isEqualTo(port);
                assertThat(info.path("dev_started").asInt()).isEqualTo(1);
                assertThat(info.path("mtu").asInt()).isEqualTo(1504);
                assertThat(info.path("mac_addr").asText()).matches("..:..:..:..:..:..");
                assertThat(tool.ask("/ethdev/macs," + port).path(0))
                        .isEqualTo(info.path("mac_addr"));
                final JsonNode statistics = tool.ask("/ethdev/stats," + port);
                assertThat(statistics.path("ipackets").isIntegralNumber()).isTrue();
                assertThat(statistics.path("q_ipackets")).hasSize(16);
                final JsonNode link = tool.ask("/ethdev/link_status," + port);
                assertThat(link.path("status").asText()).isEqualTo("UP");
                assertThat(link.path("speed").asInt()).isEqualTo(100_000);
                assertThat(link.path("duplex").asText()).isEqualTo("full-duplex");
            }
            final JsonNode extended = tool.ask("/ethdev/xstats,0");
            assertThat(extended.path("driver_messages_sent").asLong())
                    .isGreaterThanOrEqualTo(left.path("driver").path("messages_sent").asLong())
                    .isPositive();
            assertThat(extended.has("rx_q0_packets")).isTrue();
            assertThat(extended.path("guest_vm_queue_pairs").asLong()).isEqualTo(1);
            assertThat(extended.path("guest_vm_driver_starts").asLong(-1)).isZero();
            final JsonNode shown = tool.ask("/ethdev/xstats,0,hide_zero=true");
            assertThat(shown.size()).isLessThan(extended.size());
            shown.forEach(value -> assertThat(value.asLong()).isPositive());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/no/such/command",
                "nothing",
                "{}",
                "/ethdev/stats",
                "/ethdev/stats,",
                "/ethdev/stats,x",
                "/ethdev/stats,-1",
                "/ethdev/stats,2",
                "/ethdev/stats,99999999999",
                "/help",
                "/help,/none",
                "\u0000\u0001",
            })
    void shouldAnswerNullToWhatItDoesntKnow(final String request) throws Exception {
        try (Tool tool = Tool.connected()) {
            tool.send(request);
            final JsonNode answer = JSON.readTree(tool.receive());
            assertThat(answer.size()).isEqualTo(1);
            assertThat(answer.elements().next().isNull()).isTrue();
            assertThat(tool.ask("/ethdev/list")).hasSize(2);
        }
    }

    @Test
    void shouldCloseWhoSendsTooMuch() throws Exception {
        try (Tool tool = Tool.connected()) {
            tool.send("/ethdev/list".repeat(100));
            assertThat(tool.receive()).isEmpty();
        }
    }

    @Test
    void shouldServeOthersWhileOneTakesNothing() throws Exception {
        try (Tool slow = Tool.connected();
                Tool other = Tool.connected()) {
            final byte[] request = "/ethdev/xstats,0".getBytes(StandardCharsets.UTF_8);
            MemorySegment.copy(request, 0, slow.memory, ValueLayout.JAVA_BYTE, 0, request.length);
            for (int i = 0; i < 100_000 && slow.socket.send(slow.memory, 0, 16) > 0; i++) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 100; i++) {
                assertThat(other.ask("/ethdev/list")).hasSize(2);
            }
        }
        assertThat(daemon.ctl("health").status()).isZero();
    }

    @Test
    void shouldTurnAwayOneTooMany() throws Exception {
        final List<Tool> tools = new ArrayList<>();
        try {
            // Those of the test before may not have been seen to go yet.
            Tool more = new Tool(Tool.connect("dpdk_telemetry.v2"));
            tools.add(more);
            while (!more.receive().isEmpty()) {
                assertThat(tools).hasSizeLessThanOrEqualTo(CLIENTS);
                more = new Tool(Tool.connect("dpdk_telemetry.v2"));
                tools.add(more);
            }
            assertThat(daemon.log())
                    .contains(CLIENTS + " clients are connected already; raise telemetry.clients");
        } finally {
            tools.forEach(Tool::close);
        }
        // Whoever is let in after them, and answered, comes after they have been seen to go.
        Awaiting.until(
                "room",
                () -> {
                    try (Tool next = new Tool(Tool.connect("dpdk_telemetry.v2"))) {
                        return !next.receive().isEmpty() && next.ask("/ethdev/list").size() == 2;
                    }
                });
    }

    /** As collectd's plugin dpdk_telemetry does. */
    @Test
    void shouldCallCollectdBack() throws Exception {
        final Path own = folder.resolve("client");
        try (UnixSocket listener =
                        UnixSocket.listen(
                                UnixSocket.Kind.SEQPACKET, new UnixAddress(own.toString()), 0600);
                Epoll epoll = Epoll.create(1);
                Tool first = new Tool(Tool.connect("telemetry"))) {
            epoll.add(listener.descriptor(), Libc.EPOLLIN(), 0);
            final String client = "\"command\":\"clients\",\"data\":{\"client_path\":\"" + own;
            first.send("{\"action\":1," + client + "\"}}");
            assertThat(epoll.poll(PATIENCE_MS)).isPositive();
            final UnixSocket called = Objects.requireNonNull(listener.accept(), "a call");
            try (Tool collectd = new Tool(called)) {
                final JsonNode ports = legacy(collectd, "ports_all_stat_values");
                assertThat(ports).hasSize(2);
                assertThat(ports.path(1).path("port").asInt()).isEqualTo(1);
                assertThat(ports.path(0).path("stats").path(0).path("name").asText())
                        .isEqualTo("rx_good_packets");
                assertThat(ports.path(0).path("stats").path(0).path("value").isIntegralNumber())
                        .isTrue();
                final JsonNode global = legacy(collectd, "global_stat_values");
                assertThat(global.path(0).path("port").asInt()).isEqualTo(-1);
                assertThat(global.path(0).path("stats")).isNotEmpty();
                collectd.send("{\"action\":0,\"command\":\"nonsense\",\"data\":null}");
                assertThat(collectd.receive()).contains("Status Error: Invalid Argument 404");
                collectd.send("{");
                assertThat(collectd.receive()).contains("Status Error: Unknown");
                collectd.send("{\"action\":2," + client + "\"}}");
                assertThat(collectd.receive()).isEmpty();
            }
            first.send("{\"action\":1," + client + "-that-is-not-there\"}}");
            first.send("{\"action\":0,\"command\":\"global_stat_values\",\"data\":null}");
            assertThat(first.receive()).contains("Status OK: 200");
        }
    }

    private static JsonNode legacy(final Tool tool, final String command) throws IOException {
        tool.send("{\"action\":0,\"command\":\"" + command + "\",\"data\":null}");
        final JsonNode answer = JSON.readTree(tool.receive());
        assertThat(answer.path("status_code").asText()).isEqualTo("Status OK: 200");
        return answer.path("data");
    }

    /** DPDK's own client; told a path instead of a prefix, it takes it. */
    @Test
    void shouldServeDpdksOwnClient() throws Exception {
        final Path program = GuestLab.folder().resolve("dpdk-telemetry.py");
        Machine.need(Files.exists(program), "dpdk-telemetry.py (tools/lab/dpdk-telemetry)");
        Machine.needsCommand("python3");
        final Process client =
                new ProcessBuilder("python3", program.toString(), "-f", sockets.toString())
                        .redirectErrorStream(true)
                        .start();
        try (var asked = client.outputWriter(StandardCharsets.UTF_8)) {
            asked.write("/ethdev/list\n/ethdev/info,0\n/ethdev/link_status,1\n/none\nquit\n");
        }
        final List<String> lines;
        try (var said = client.inputReader(StandardCharsets.UTF_8)) {
            lines = said.lines().toList();
        }
        assertThat(client.waitFor()).isZero();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).isEqualTo("{\"/ethdev/list\": [0, 1]}");
        assertThat(lines.get(1)).contains("\"name\": \"left\"");
        assertThat(lines.get(2)).contains("\"status\": \"UP\"");
        assertThat(lines.get(3)).isEqualTo("{\"/none\": null}");
    }
}
