package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.javf.daemon.ctl.CtlRun;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.testing.Awaiting;
import dev.javf.testing.Machine;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VhostFrontEnd;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;

/** The daemon as a program, asked by javfctl. */
class JavfdTest {
    @TempDir private Path folder;

    private String finished(final Process process, final int status) throws Exception {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        final String log = Files.readString(folder.resolve("log"));
        assertThat(process.exitValue()).as(log).isEqualTo(status);
        return log;
    }

    private String check(final String configuration, final int status) throws Exception {
        final Path file = JavfdProcess.configure(folder, configuration);
        return finished(
                JavfdProcess.start(folder, Map.of(), "--check-config", "--config", file.toString()),
                status);
    }

    @Test
    void shouldCheckItsConfiguration() throws Exception {
        assertThat(check(JavfdProcess.twoFunctions(), 0))
                .contains("2 functions, 0 ports, nothing wrong");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "functions.left.device = eth0|functions.left.device: 'eth0' names no virtual"
                        + " function",
                "functions.left.vlan = 5|functions.left.vlan: unknown key (did you mean 'vlans'?)",
                "functions.left.device = \"0000:3b:01.0\"|there is no PCI function 0000:3b:01.0",
                "control.administrators = nobody-by-this-name|there is no user"
                        + " 'nobody-by-this-name' in /etc/passwd",
            })
    void shouldRefuseAConfigurationThatIsWrong(final String line, final String message)
            throws Exception {
        assertThat(check(JavfdProcess.twoFunctions() + line, 2)).contains(message);
        final Path file = folder.resolve("javf.conf");
        assertThat(finished(JavfdProcess.start(folder, Map.of(), "--config", file.toString()), 2))
                .startsWith("javfd: ")
                .contains("javf.conf:")
                .contains(message);
        assertThat(folder.resolve("control.sock")).doesNotExist();
    }

    @Test
    void shouldRefuseAnUnknownOption() throws Exception {
        assertThat(finished(JavfdProcess.start(folder, Map.of(), "--cofig", "x"), 2))
                .contains("--cofig")
                .contains("--config");
    }

    @Test
    void shouldAnswerEveryCommand() throws Exception {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, JavfdProcess.twoFunctions())) {
            final CtlRun status = daemon.ctl("status");
            assertThat(status.status()).as(status.err()).isZero();
            assertThat(status.out())
                    .contains("ok, ready")
                    .containsPattern("left +sim:0/0 +UP +100000 Mb/s +\\S+ +2/2 +0/0")
                    .containsPattern("right +sim:0/1 +UP")
                    .doesNotContain("\u001b");
            assertThat(daemon.ctl("status", "--color", "always").out()).contains("\u001b[32mUP");
            assertThat(daemon.ctl("health").status()).isZero();
            assertThat(daemon.ctl("health", "-j").json().path("ready").asBoolean()).isTrue();
            final JsonNode left =
                    daemon.ctl("vf", "show", "left", "-j").json().path("functions").path(0);
            assertThat(left.path("state").asText()).isEqualTo("UP");
            assertThat(left.path("trust").asText()).isEqualTo("no");
            assertThat(left.path("vlan_limit").asInt()).isEqualTo(8);
            assertThat(daemon.ctl("vf", "show").out())
                    .contains("left  sim:0/0  UP")
                    .containsPattern("queue pairs +1\n");

            final CtlRun added = daemon.ctl("vlan", "add", "left", "200-203");
            assertThat(added.status()).as(added.err()).isZero();
            assertThat(daemon.ctl("vlan", "show").out())
                    .containsPattern("left +no +8 +100-101,200-203 +100-101,200-203 +none");
            assertThat(daemon.ctl("vlan", "show", "left").out())
                    .containsPattern("100 +configuration +yes +yes +no")
                    .containsPattern("203 +client +yes +yes +no");
            assertThat(daemon.ctl("vlan", "add", "left", "200-205", "--no-wait").status()).isZero();
            assertThat(daemon.ctl("vlan", "del", "left", "200-205").status()).isZero();
            final JsonNode vlans =
                    daemon.ctl("vlan", "show", "-j").json().path("functions").path(0);
            assertThat(vlans.path("wanted").asText()).isEqualTo("100-101");
            assertThat(vlans.path("acknowledged").asText()).isEqualTo("100-101");

            assertThat(daemon.ctl("port", "list").out()).startsWith("no ports: ");
            final JsonNode stats = daemon.ctl("stats", "left", "-j").json();
            assertThat(
                            stats.path("functions")
                                    .path(0)
                                    .path("driver")
                                    .path("messages_sent")
                                    .asLong())
                    .isPositive();
            assertThat(daemon.ctl("stats").out())
                    .containsPattern("right +driver.messages_sent +[1-9]");
            assertThat(daemon.ctl("stats", "--rate", "--interval", "0.1", "--all").out())
                    .containsPattern("left +queues.rx_packets +0.0");
            assertThat(daemon.ctl("trace", "virtchnl", "left").out())
                    .contains("MSG VF>PF ADD_VLAN_V2")
                    .doesNotContain(" NOTE ");
            assertThat(daemon.ctl("trace", "virtchnl", "left", "-n", "5", "--all").out().lines())
                    .hasSize(5);
            assertThat(daemon.log())
                    .contains("javf.audit: uid=")
                    .contains("\"command\":\"vlan add\"")
                    .contains("-> done")
                    .doesNotContain("\"command\":\"status\"");

            assertThat(daemon.ctl("drain").status()).isZero();
            final CtlRun health = daemon.ctl("health");
            assertThat(health.status()).isEqualTo(2);
            assertThat(health.out()).contains("drained: all functions are let go");
            assertThat(daemon.stop()).isEqualTo(143);
            assertThat(daemon.socket()).doesNotExist();
        }
    }

    @Test
    void shouldSayWhatCantBeDone() throws Exception {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, JavfdProcess.twoFunctions())) {
            final CtlRun limit = daemon.ctl("vlan", "add", "left", "200-210");
            assertThat(limit.status()).isEqualTo(1);
            assertThat(daemon.log())
                    .contains("-> not all done, the PF refused [{\"vlans\":")
                    .doesNotContain("-> done");
            final CtlRun health = awaited(daemon, "degraded", "health");
            assertThat(health.status()).isEqualTo(1);
            assertThat(health.out())
                    .startsWith("degraded, ready")
                    .contains("ip link set PF vf N trust on");
            assertThat(daemon.ctl("vlan", "show", "left").out())
                    .containsPattern("210 +client +yes +no +no +VF is not trusted");
            assertThat(daemon.ctl("vlan", "add", "lft", "1").err())
                    .contains(
                            "there is no function 'lft' (did you mean 'left'?); there are left,"
                                    + " right");
            assertThat(daemon.ctl("vlan", "add", "left", "5000").err()).contains("5000");
            assertThat(daemon.ctl("vlan", "del", "left", "100").err())
                    .contains("VLANs 100 were not added by a client; the configuration wants 100");
            assertThat(daemon.ctl("trace", "virtchnl", "left", "-n", "0").err())
                    .contains("'limit' must be a whole number, 1 to 500");
            assertThat(daemon.ctl("vlan", "ad", "left", "1").status()).isEqualTo(2);
            assertThat(daemon.ctl("stats", "--interval", "0", "--rate").err())
                    .contains("must be 0.1 to 3600 seconds");
            assertThat(daemon.ctl("status", "--timeout", "-1").err())
                    .contains("must be more than 0");
            final Path file = folder.resolve("javf.conf");
            final Path other = Files.createDirectory(folder.resolve("other"));
            final Process second = JavfdProcess.start(other, Map.of(), "--config", file.toString());
            assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isEqualTo(1);
            assertThat(Files.readString(other.resolve("log")))
                    .contains("a javfd runs there already");
            assertThat(daemon.ctl("status").status()).isZero();
        }
        assertThat(CtlRun.of(List.of("status", "--socket", folder + "/control.sock")).err())
                .contains("no javfd answers at");
    }

    @Test
    void shouldOpenPortsAndApplyDifferences() throws Exception {
        Machine.needsTapAndNamespaces();
        final String ports =
                """
                functions.right.vlans = none
                ports {
                  jtesta { kind = tap, function = left, vlan = 100, addresses = "10.98.0.1/24" }
                  jtestb { kind = tap, function = right, vlan = 102, device = jtestdev }
                }
                """;
        try (JavfdProcess daemon =
                JavfdProcess.ready(folder, JavfdProcess.twoFunctions() + ports)) {
            assertThat(daemon.ctl("port", "list").out())
                    .containsPattern("jtesta +tap +left +100 +\\S+ +open")
                    .containsPattern("jtestb +tap +right +102 +\\S+ +open");
            final String scrape = scrape(daemon);
            for (final MetricFamily family : MetricFamilies.ALL) {
                // There is no ring port here, nor a guest's.
                if (!family.name().matches("javf_(ring|guest)_.*")) {
                    assertThat(scrape).contains("# TYPE " + family.exposedName() + " ");
                }
            }
            assertThat(scrape)
                    .contains("javf_port_up{device=\"left\",kind=\"tap\",port=\"jtesta\"} 1.0");
            final Path device = Path.of("/sys/class/net/jtesta/ifindex");
            final String index = Files.readString(device);
            assertThat(Path.of("/sys/class/net/jtestdev")).exists();
            assertThat(Files.readString(Path.of("/sys/class/net/jtesta/mtu")).strip())
                    .isEqualTo("1504");

            JavfdProcess.configure(
                    folder, JavfdProcess.twoFunctions() + ports + "\nports.jtestb.vlan = oops");
            final CtlRun wrong = daemon.ctl("reload");
            assertThat(wrong.status()).isEqualTo(1);
            assertThat(wrong.err()).contains("ports.jtestb.vlan: 'oops': must be");

            JavfdProcess.configure(
                    folder,
                    JavfdProcess.twoFunctions()
                            + ports.replace("vlan = 102", "vlan = 103")
                            + "\nfunctions.left.vlans = \"100,110\"\n");
            final CtlRun reload = daemon.ctl("reload");
            assertThat(reload.status()).as(reload.err()).isZero();
            assertThat(reload.out())
                    .contains("applied: functions.left")
                    .contains("applied: ports.jtestb")
                    .doesNotContain("jtesta");
            assertThat(daemon.ctl("wait-ready").status()).isZero();
            awaitVlans(daemon, 0, "100,110");
            awaitVlans(daemon, 1, "103");
            assertThat(Files.readString(device)).isEqualTo(index);

            JavfdProcess.configure(
                    folder, JavfdProcess.twoFunctions() + "\ndaemon.stall-threshold = 2s\n");
            final CtlRun restart = daemon.ctl("reload");
            assertThat(restart.status()).isEqualTo(1);
            assertThat(restart.out()).contains("applied: ports.jtestb");
            awaitVlans(daemon, 1, "none");
            Awaiting.until(
                    "both devices to be gone",
                    () ->
                            Files.notExists(device)
                                    && Files.notExists(Path.of("/sys/class/net/jtestdev")));
        }
        assertThat(Path.of("/sys/class/net/jtesta")).doesNotExist();
    }

    @Test
    void shouldChangeTheLevelOfTheLogWhileItRuns() throws Exception {
        final String functions = JavfdProcess.twoFunctions();
        try (JavfdProcess daemon = JavfdProcess.ready(folder, functions)) {
            JavfdProcess.configure(folder, functions + "daemon.log-level = error\n");
            final CtlRun quiet = daemon.ctl("reload");
            assertThat(quiet.status()).as(quiet.out()).isZero();
            assertThat(quiet.out()).contains("applied: daemon.log-level");
            assertThat(daemon.ctl("reload").out()).doesNotContain("log-level");
            assertThat(daemon.log()).doesNotContain("reloaded:");
            JavfdProcess.configure(
                    folder, functions + "daemon { log-level = info, pollers = 3 }\n");
            final CtlRun loud = daemon.ctl("reload");
            assertThat(loud.status()).isEqualTo(1);
            assertThat(loud.out()).contains("applied: daemon.log-level");
            assertThat(daemon.log())
                    .containsOnlyOnce("reloaded:")
                    .contains("reloaded: changed [daemon.log-level], needs a restart [daemon]");
        }
    }

    @Test
    void shouldTakeAndLetGoFunctionsWithoutDisturbingOthers() throws Exception {
        final String stays =
                """
                daemon { packet-buffers = 4096 }
                functions.left { device = "sim:0/0", vlans = "100-101" }
                """;
        try (JavfdProcess daemon =
                JavfdProcess.ready(folder, stays + "functions.old { device = \"sim:0/3\" }\n")) {
            assertThat(daemon.ctl("vlan", "add", "old", "300-301").status()).isZero();
            final long transitions = transitions(daemon);

            // One comes, and one is opened anew; VLANs that clients have added to it stay.
            JavfdProcess.configure(
                    folder,
                    stays
                            + "functions.new { device = \"sim:0/1\", vlans = \"7\" }\n"
                            + "functions.old { device = \"sim:0/3\", ring-length = 64 }\n");
            final CtlRun reload = daemon.ctl("reload");
            assertThat(reload.status()).as(reload.err()).isZero();
            assertThat(reload.out())
                    .contains("applied: functions.new")
                    .contains("applied: functions.old")
                    .doesNotContain("left");
            assertThat(daemon.ctl("wait-ready", "--timeout", "60").status()).isZero();
            assertThat(names(daemon)).containsExactly("left", "new", "old");
            awaitVlans(daemon, 1, "7");
            awaitVlans(daemon, 2, "300-301");
            assertThat(scrape(daemon)).contains("javf_up{device=\"new\"");

            // Its device goes to another one, and one can't be opened: nothing is changed.
            JavfdProcess.configure(
                    folder,
                    stays
                            + "functions.other { device = \"sim:0/3\" }\n"
                            + "functions.wrong { device = \"sim:7/0\" }\n");
            final CtlRun wrong = daemon.ctl("reload");
            assertThat(wrong.status()).isEqualTo(1);
            assertThat(wrong.err()).contains("sim:7/0 can't be opened");
            assertThat(names(daemon)).containsExactly("left", "new", "old");

            JavfdProcess.configure(
                    folder,
                    stays.replace("4096", "8192")
                            + "functions.big { device = \"sim:0/3\", ring-length = 2048 }\n");
            assertThat(daemon.ctl("reload").err())
                    .contains("set daemon.packet-buffers and restart it");

            // By signal; two go, and the device of one of them is another's now.
            JavfdProcess.configure(folder, stays + "functions.other { device = \"sim:0/3\" }\n");
            assertThat(
                            new ProcessBuilder("kill", "-HUP", "" + daemon.process().pid())
                                    .start()
                                    .waitFor())
                    .isZero();
            awaited(daemon, "other", "status");
            assertThat(daemon.ctl("wait-ready", "--timeout", "60").status()).isZero();
            assertThat(names(daemon)).containsExactly("left", "other");
            assertThat(scrape(daemon)).doesNotContain("device=\"new\"");
            assertThat(transitions(daemon)).isEqualTo(transitions);
            assertThat(daemon.ctl("health").status()).isZero();

            JavfdProcess.configure(folder, stays + "functions.other.device = nonsense\n");
            assertThat(
                            new ProcessBuilder("kill", "-HUP", "" + daemon.process().pid())
                                    .start()
                                    .waitFor())
                    .isZero();
            awaitLog(daemon, "SIGHUP: nothing is changed: ");
            assertThat(daemon.stop()).isEqualTo(143);
            assertThat(daemon.log()).contains("left: CLOSING -> CLOSED");
        }
    }

    private static List<String> names(final JavfdProcess daemon) throws Exception {
        final List<String> names = new ArrayList<>();
        daemon.ctl("status", "-j")
                .json()
                .path("functions")
                .forEach(function -> names.add(function.path("name").asText()));
        return names;
    }

    /** How often the function 'left' has gone from one state to another. */
    private static long transitions(final JavfdProcess daemon) throws Exception {
        return daemon.log()
                .lines()
                .filter(line -> line.contains(" left: ") && line.contains("->"))
                .count();
    }

    private static void awaitLog(final JavfdProcess daemon, final String words) throws Exception {
        Awaiting.until(words, daemon::log, log -> log.contains(words));
    }

    /** Asks until the answer has some words in it. */
    private static CtlRun awaited(
            final JavfdProcess daemon, final String words, final String... arguments)
            throws Exception {
        return Awaiting.until(words, () -> daemon.ctl(arguments), run -> run.out().contains(words));
    }

    static String scrape(final JavfdProcess daemon) throws Exception {
        final Matcher address = MetricsTest.ADDRESS.matcher(daemon.log());
        assertThat(address.find()).isTrue();
        final URI uri = URI.create("http://127.0.0.1:" + address.group(2) + "/metrics");
        try (InputStream body = uri.toURL().openStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void awaitVlans(
            final JavfdProcess daemon, final int function, final String vlans) throws Exception {
        Awaiting.until(
                "VLANs " + vlans,
                () ->
                        daemon.ctl("vlan", "show", "-j")
                                .json()
                                .path("functions")
                                .path(function)
                                .path("acknowledged")
                                .asText(),
                vlans::equals);
    }

    /** Without any privilege: sockets are all that these ports need. */
    @Test
    void shouldServeVirtualMachines() throws Exception {
        final Path card = folder.resolve("card.sock");
        final Path rings = folder.resolve("rings.sock");
        final String ports =
                """
                functions.right.vlans = none
                ports {
                  vm  { kind = vfio-user, function = left, socket = "%s", trunk = "100-107" }
                  app { kind = vhost-user, function = right, socket = "%s", vlan = 100,
                        mac = "02:00:00:00:0b:01", listen = true, queue-pairs = 2 }
                }
                """
                        .formatted(card, rings);
        try (JavfdProcess daemon =
                JavfdProcess.ready(folder, JavfdProcess.twoFunctions() + ports)) {
            final CtlRun list = daemon.ctl("port", "list");
            assertThat(list.out())
                    .as(list.err())
                    .containsPattern("vm +vfio-user +left +0 +\\S+ +open")
                    .containsPattern("app +vhost-user +right +100 +\\S+ +open");
            try (VfioUserDevice device =
                            VfioUserDevice.open(
                                    new UnixAddress(card.toString()),
                                    new VfioUserDevice.Context());
                    VhostFrontEnd frontEnd =
                            new VhostFrontEnd(
                                    UnixSocket.connect(
                                            UnixSocket.Kind.STREAM,
                                            new UnixAddress(rings.toString())),
                                    Thread::onSpinWait)) {
                assertThat(device.config().read(0, 4)).isEqualTo(0x1041_1AF4);
                frontEnd.initialize(
                        Feature.maskOf(Feature.VERSION_1, Feature.MRG_RXBUF),
                        2,
                        VhostFrontEnd.Order.QEMU);
            }
        }
        assertThat(card).doesNotExist();
        assertThat(rings).doesNotExist();
    }

    @Test
    void shouldSayWhyAPortIsMissing() throws Exception {
        Machine.needsTapAndNamespaces();
        final Path file =
                JavfdProcess.configure(
                        folder,
                        JavfdProcess.twoFunctions()
                                + "ports.p { kind = tap, function = left, namespace ="
                                + " no-such-namespace }");
        try (JavfdProcess daemon =
                JavfdProcess.of(
                        folder,
                        JavfdProcess.start(folder, Map.of(), "--config", file.toString()))) {
            assertThat(awaited(daemon, "no-such-namespace", "port", "list").out())
                    .containsPattern("p +tap +left +0 +failed .*no-such-namespace");
            final CtlRun waited = daemon.ctl("wait-ready", "--timeout", "0.1");
            assertThat(waited.status()).isEqualTo(1);
            assertThat(waited.err()).contains("not ready after");
            assertThat(daemon.ctl("health").status()).isEqualTo(2);
        }
    }

    @Test
    void shouldTellSystemd() throws Exception {
        final UnixAddress address = new UnixAddress(folder.resolve("notify").toString());
        final List<String> told = new ArrayList<>();
        try (UnixSocket systemd = UnixSocket.listen(UnixSocket.Kind.DATAGRAM, address, 0600);
                Arena arena = Arena.ofConfined();
                JavfdProcess daemon =
                        JavfdProcess.ready(
                                folder,
                                JavfdProcess.twoFunctions(),
                                Map.of(
                                        "NOTIFY_SOCKET",
                                        address.name(),
                                        "WATCHDOG_USEC",
                                        "400000"))) {
            final MemorySegment bytes = arena.allocate(4096);
            Awaiting.until(
                    "the watchdog to be fed",
                    () -> {
                        drain(systemd, bytes, told);
                        return told.contains("WATCHDOG=1");
                    });
            assertThat(daemon.stop()).isEqualTo(143);
            drain(systemd, bytes, told);
        }
        // On a busy machine the functions are up before systemd is told anything.
        assertThat(told.getFirst())
                .matches(first ->
                        first.startsWith("STATUS=not ready, failed: left is")
                                || first.startsWith("READY=1\n"));
        assertThat(told)
                .contains("WATCHDOG=1")
                .anyMatch(each -> each.startsWith("READY=1\nSTATUS=ready, "));
        assertThat(told.getLast()).startsWith("STOPPING=1");
    }

    private static void drain(
            final UnixSocket socket, final MemorySegment bytes, final List<String> told) {
        for (int length = socket.receive(bytes, 0, 4096);
                length > 0;
                length = socket.receive(bytes, 0, 4096)) {
            told.add(
                    new String(
                            bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE),
                            StandardCharsets.UTF_8));
        }
    }
}
