package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.javf.testing.Awaiting;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What clients of the control socket may do wrong: the daemon goes on, and answers the others. */
class HostileClientsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 200;

    /** What control.clients is unless set. */
    private static final int CLIENTS_MAX = 256;

    private static final int ROUNDS = 10;
    private static final int IDLE_CYCLES = 2000;
    private static final long RESIDENT_KIB_MORE = 160 << 10;

    @TempDir private static Path folder;

    private static JavfdProcess daemon;

    @BeforeAll
    static void start() throws Exception {
        daemon =
                JavfdProcess.ready(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "control { mode = \"0666\", readers = [\"@65533\"] }\n");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.close();
    }

    private static SocketChannel connect() throws IOException {
        final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(daemon.socket()));
        return channel;
    }

    private static void send(final SocketChannel channel, final String text) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static BufferedReader reader(final SocketChannel channel) {
        return new BufferedReader(
                new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
    }

    private static JsonNode ask(final String line) throws IOException {
        try (SocketChannel channel = connect()) {
            send(channel, line + "\n");
            return JSON.readTree(reader(channel).readLine());
        }
    }

    private static void assertThatItGoesOn() {
        assertThat(daemon.ctl("health").out()).startsWith("ok, ready");
    }

    private static void sendWithoutEnd() {
        final String part = "x".repeat(1 << 20);
        try (SocketChannel channel = connect()) {
            for (int i = 0; i < 10; i++) {
                send(channel, part);
            }
        } catch (final IOException e) {
            assertThat(e).hasMessageContaining("Broken pipe");
        }
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + daemon.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    /**
     * What a client asks for in its next round: two change all VLANs of a function, the others
     * look.
     */
    private static String request(final int client, final int round) {
        final String command =
                switch (client) {
                    case 0, 1 ->
                            (round % 2 == 0 ? "vlan add" : "vlan del")
                                    + "\",\"vlans\":\"200-4094\",\"function\":\""
                                    + (client == 0 ? "left" : "right");
                    default ->
                            switch (client % 3) {
                                case 0 -> "vlan show";
                                case 1 -> "vf show";
                                default -> "stats";
                            };
                };
        return "{\"version\":1,\"command\":\"" + command + "\"}\n";
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + daemon.process().pid() + "/fd"))) {
            return files.count();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|malformed",
                "status|malformed",
                "[]|malformed",
                "5|malformed",
                "{\"version\":1,\"command\":\"status\"} x|malformed",
                "{\"version\":1,\"version\":1,\"command\":\"status\"}|malformed",
                "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]|malformed",
                "{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}|malformed",
                "{\"command\":\"status\"}|version",
                "{\"version\":2,\"command\":\"status\"}|version",
                "{\"version\":\"1\",\"command\":\"status\"}|version",
                "{\"version\":99999999999999999999,\"command\":\"status\"}|version",
                "{\"version\":1}|argument",
                "{\"version\":1,\"command\":5}|argument",
                "{\"version\":1,\"command\":\"stats \"}|unknown-command",
                "{\"version\":1,\"command\":\"status\",\"x\":1}|argument",
                "{\"version\":1,\"command\":\"vlan add\"}|argument",
                "{\"version\":1,\"command\":\"vlan add\",\"function\":\"left\",\"vlans\":\"0\"}"
                        + "|argument",
                "{\"version\":1,\"command\":\"vlan add\",\"function\":\"left\",\"vlans\":[1]}"
                        + "|argument",
                "{\"version\":1,\"command\":\"vlan add\",\"function\":\"left\",\"vlans\":\"9\","
                        + "\"wait\":\"no\"}|argument",
                "{\"version\":1,\"command\":\"trace\",\"function\":\"left\",\"after\":1.5}"
                        + "|argument",
                "{\"version\":1,\"command\":\"vlan del\",\"function\":\"left\",\"vlans\":\"9\"}"
                        + "|argument",
            })
    void shouldRefuseWhatIsNoRequest(final String line, final String code) throws IOException {
        final JsonNode answer = ask(line);
        assertThat(answer.path("ok").asBoolean()).isFalse();
        assertThat(answer.path("version").asInt()).isEqualTo(1);
        assertThat(answer.path("error").path("code").asText()).isEqualTo(code);
        assertThat(answer.path("error").path("message").asText()).isNotEmpty();
    }

    @Test
    void shouldAnswerManyRequestsInOrder() throws IOException {
        final int count = 300;
        try (SocketChannel channel = connect()) {
            for (int i = 0; i < count; i++) {
                send(
                        channel,
                        "{\"version\":1,\"id\":"
                                + i
                                + ",\"command\":\""
                                + (i % 2 == 0 ? "vf show" : "health")
                                + "\"}\r\n");
            }
            final BufferedReader answers = reader(channel);
            for (int i = 0; i < count; i++) {
                assertThat(JSON.readTree(answers.readLine()).path("id").asInt()).isEqualTo(i);
            }
        }
    }

    @Test
    void shouldCutOffALineWithoutEnd() throws Exception {
        final String megabyte = "x".repeat(1 << 20);
        try (SocketChannel channel = connect()) {
            try {
                for (int i = 0; i < 10; i++) {
                    send(channel, megabyte);
                }
            } catch (final IOException e) {
                assertThat(e).hasMessageContaining("Broken pipe");
            }
            assertThat(firstLine(channel))
                    .satisfiesAnyOf(
                            line -> assertThat(line).contains("a line has at most 16383 bytes"),
                            line -> assertThat(line).isEqualTo("reset"));
        }
        assertThatItGoesOn();
    }

    private static String firstLine(final SocketChannel channel) {
        try {
            return String.valueOf(reader(channel).readLine());
        } catch (final IOException e) {
            return "reset";
        }
    }

    @Test
    void shouldServeTwoHundredAtOnceWhileOthersMisbehave() throws Exception {
        final List<SocketChannel> idle = new ArrayList<>();
        final long before = descriptors();
        final ConductorTimes atStart = ConductorTimes.of(daemon);
        final ConductorTimes idleTimes =
                Awaiting.until(
                        "duty cycles of an idle daemon",
                        () -> ConductorTimes.of(daemon),
                        now -> now.count() - atStart.count() >= IDLE_CYCLES);
        System.out.println("idle: " + idleTimes.since(atStart));
        for (int i = 0; i < 20; i++) {
            final SocketChannel halfLine = connect();
            send(halfLine, "{\"version\":1,\"comm");
            idle.add(halfLine);
            // Asks for more than its socket holds, and reads nothing.
            final SocketChannel slow = connect();
            slow.configureBlocking(false);
            final ByteBuffer request =
                    ByteBuffer.wrap(
                            "{\"version\":1,\"command\":\"stats\"}\n"
                                    .repeat(1000)
                                    .getBytes(StandardCharsets.UTF_8));
            slow.write(request);
            idle.add(slow);
        }
        final long residentBefore = residentKib();
        // Lines of 10 MB, meanwhile, one after the other.
        final Thread endless =
                Thread.ofVirtual()
                        .start(() -> {
                            for (int i = 0; i < 20; i++) {
                                sendWithoutEnd();
                            }
                        });
        final List<String> failures = Collections.synchronizedList(new ArrayList<>());
        final CountDownLatch done = new CountDownLatch(CLIENTS);
        for (int i = 0; i < CLIENTS; i++) {
            final int number = i;
            Thread.ofVirtual()
                    .start(() -> {
                        try (SocketChannel channel = connect()) {
                            final BufferedReader answers = reader(channel);
                            for (int round = 0; round < ROUNDS; round++) {
                                send(channel, request(number, round));
                                final JsonNode answer = JSON.readTree(answers.readLine());
                                // A change in parts is answered as one.
                                if (!answer.path("ok").asBoolean()
                                        || answer.path("result").path("rejected").size() > 1) {
                                    failures.add(answer.toString());
                                }
                            }
                        } catch (final IOException | RuntimeException e) {
                            failures.add(e.toString());
                        } finally {
                            done.countDown();
                        }
                    });
        }
        assertThat(done.await(120, TimeUnit.SECONDS)).isTrue();
        endless.join();
        assertThat(failures).isEmpty();
        assertThatItGoesOn();
        // Beside the heap, which has a limit, there are only buffers of a bounded size.
        assertThat(residentKib() - residentBefore).isLessThan(RESIDENT_KIB_MORE);
        System.out.println("under attack: " + ConductorTimes.of(daemon).since(idleTimes));
        for (final SocketChannel channel : idle) {
            channel.close();
        }
        Awaiting.until(
                "all descriptors to be closed",
                HostileClientsTest::descriptors,
                open -> open <= before + 2);
        final JsonNode status = daemon.ctl("status", "-j").json();
        assertThat(status.path("errors").asInt()).isZero();
    }

    @Test
    void shouldTellOneTooManySo() throws Exception {
        final List<SocketChannel> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS_MAX; i++) {
            clients.add(connect());
        }
        final SocketChannel oneTooMany = connect();
        clients.add(oneTooMany);
        oneTooMany.configureBlocking(false);
        final ByteBuffer bytes = ByteBuffer.allocate(4096);
        final String refusal =
                Awaiting.until(
                        "a refusal",
                        () -> {
                            oneTooMany.read(bytes);
                            return new String(
                                    bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
                        },
                        text -> text.endsWith("\n"));
        assertThat(refusal).contains("\"code\":\"busy\"").contains("raise control.clients");
        for (final SocketChannel client : clients) {
            client.close();
        }
        Awaiting.until("room for another client", () -> daemon.ctl("health").status() == 0);
        assertThatItGoesOn();
    }

    @ParameterizedTest
    @CsvSource({
        "65534,65534,status,denied",
        "65534,65534,vlan add,denied",
        "65534,65533,status,ok",
        "65534,65533,vlan add,denied",
        "0,0,status,ok",
        "0,0,vlan add,argument",
    })
    void shouldGoByWhatTheKernelSaysOfTheClient(
            final String user, final String group, final String command, final String outcome)
            throws Exception {
        Machine.needsCommand("setpriv");
        Machine.needsCommand("perl");
        Machine.need(isRoot(), "the right to become another user");
        final String perl =
                "my $s=IO::Socket::UNIX->new(Peer=>$ARGV[0]) or die $!;"
                        + " print $s qq({\"version\":1,\"command\":\"$ARGV[1]\"}\\n); print <$s> ;";
        final Process client =
                new ProcessBuilder(
                                "setpriv",
                                "--reuid",
                                user,
                                "--regid",
                                group,
                                "--clear-groups",
                                "perl",
                                "-MIO::Socket::UNIX",
                                "-e",
                                perl.replace("print <$s>", "print scalar <$s>"),
                                daemon.socket().toString(),
                                command)
                        .redirectErrorStream(true)
                        .start();
        final String answer =
                new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final JsonNode node = JSON.readTree(answer);
        assertThat(node.path("ok").asBoolean() ? "ok" : node.path("error").path("code").asText())
                .as(answer)
                .isEqualTo(outcome);
        if (outcome.equals("denied")) {
            assertThat(daemon.log()).contains("uid=65534 gid=" + group).contains("-> denied");
        }
    }

    private static boolean isRoot() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }
}
