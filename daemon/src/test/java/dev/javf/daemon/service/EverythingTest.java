package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

import dev.javf.daemon.config.ConfigurationKeys;
import dev.javf.daemon.ctl.CtlRun;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/** A daemon with every key of the configuration, asked with every command of javfctl. */
class EverythingTest {
    /** In a test's own folder, whose name is put in; each key differs from what it is without. */
    private static final String ALL =
            """
            daemon {
              packet-buffers = 16384
              pollers = 2
              waiting = [back-off, back-off]
              close-timeout = 5s
              stall-threshold = 2s
              warm-up = 10ms
              flight-records = "FOLDER"
              counters-file = "FOLDER/all.counters"
              counters-capacity = 8192
              log-level = debug
            }
            control {
              socket = "FOLDER/control.sock"
              mode = "0600"
              administrators = [root, "@0"]
              readers = ["0"]
              clients = 32
            }
            metrics { listen = "127.0.0.1:0" }
            telemetry { folder = "FOLDER/dpdk", mode = "0600", clients = 4 }
            simulator { pf = ice-v2-dvm, first-mac = "02:00:00:00:aa:00", max-queue-pairs = 32 }
            functions {
              one {
                device = "sim:0/0"
                required = true
                vlans = "10-12"
                mac = "02:00:00:00:00:11"
                addresses = ["01:00:5e:00:00:fb"]
                promiscuous = multicast
                max-frame = 1600
                queue-pairs = 2
                pollers = [0, 1]
                ring-length = 128
                flexible-descriptors = true
                messages-in-flight = 4
                statistics-period = 200ms
                resets-per-minute = 16
                token = "12345678-1234-1234-1234-123456789abc"
                unsafe-no-iommu = true
              }
              two { device = "sim:0/1" }
              alone { device = "sim:0/2" }
            }
            ports {
              jtall {
                kind = tap, function = one, vlan = 10, mac = "02:00:00:00:00:21", poller = 1
                device = jtalldev, namespace = NAMESPACE, addresses = ["10.97.0.1/24"]
                up = true, offloads = false
              }
              card {
                kind = vfio-user, function = two, socket = "FOLDER/card.sock", trunk = "20-21"
                queue-pairs = 2, trusted = true, mac = "02:00:00:00:00:22"
              }
              rings {
                kind = vhost-user, function = two, socket = "FOLDER/rings.sock", trunk = "22-23"
                queue-pairs = 1, trusted = false, listen = true, mac = "02:00:00:00:00:23"
              }
              app {
                kind = ring, function = alone, socket = "FOLDER/app.sock", mode = "0600"
                clients = [root], trunk = "24-25", addresses = ["02:00:00:00:00:25"], slots = 64
                quarantine = 1s, mac = "02:00:00:00:00:24", transfer = zero-copy, queues = 2
              }
            }
            """;

    /** What each command is tried with. */
    private static final Map<String, List<String>> TRIES = tries();

    /** Tests of commands that need more than a daemon. */
    private static final Map<String, String> ELSEWHERE =
            Map.of(
                    "latency plot", "dev.javf.daemon.ctl.LatencyCommandTest",
                    "report", "dev.javf.daemon.service.ReportTest",
                    "port capture", "dev.javf.daemon.ring.RingPortTest",
                    "poller move", "dev.javf.daemon.service.PollerCommandsTest",
                    "doctor", "dev.javf.daemon.doctor.DoctorTest");

    @TempDir private Path folder;

    private static Map<String, List<String>> tries() {
        final Map<String, List<String>> tries = new TreeMap<>();
        for (final String plain : List.of("status", "health", "wait-ready", "port list")) {
            tries.put(plain, List.of());
        }
        tries.put("vf show", List.of("one"));
        tries.put("vlan add", List.of("two", "30"));
        tries.put("vlan show", List.of("two"));
        tries.put("vlan del", List.of("two", "30"));
        tries.put("port show", List.of("app"));
        tries.put("poller list", List.of());
        tries.put("stats", List.of("one"));
        tries.put("trace virtchnl", List.of("one"));
        tries.put("top", List.of("--file", "FOLDER/all.counters"));
        tries.put("reload", List.of());
        tries.put("drain", List.of());
        return tries;
    }

    @Test
    void shouldKnowEveryKeyAndCommand() throws Exception {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ip");
        final String namespace = "javf-all-" + ProcessHandle.current().pid();
        final String text =
                ALL.replace("FOLDER", folder.toString()).replace("NAMESPACE", namespace);
        assertThatEachKeyIsIn(ConfigFactory.parseString(text));
        ip("netns", "add", namespace);
        final Path file = Files.writeString(folder.resolve("javf.conf"), text);
        try (JavfdProcess daemon =
                JavfdProcess.of(
                        folder,
                        JavfdProcess.start(folder, Map.of(), "--config", file.toString()))) {
            final CtlRun ready = daemon.ctl("wait-ready", "--timeout", "60");
            assertThat(ready.status()).as(ready.err() + daemon.log()).isZero();
            final List<String> commands = new ArrayList<>(leaves(CtlRun.commandLine(), ""));
            for (final Map.Entry<String, String> elsewhere : ELSEWHERE.entrySet()) {
                assertThat(commands.remove(elsewhere.getKey())).as(elsewhere.getKey()).isTrue();
                assertThat(Class.forName(elsewhere.getValue())).isNotNull();
            }
            assertThat(TRIES.keySet()).containsAll(commands);
            // What takes everything away comes last.
            commands.remove("drain");
            commands.remove("vlan add");
            commands.addFirst("vlan add");
            commands.add("drain");
            for (final String command : commands) {
                final List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
                Objects.requireNonNull(TRIES.get(command))
                        .forEach(each -> arguments.add(each.replace("FOLDER", folder.toString())));
                final CtlRun run = daemon.ctl(arguments.toArray(String[]::new));
                // The PF doesn't trust the function, so not all is as it is asked for.
                assertThat(run.status())
                        .as(command + ": " + run.err())
                        .isEqualTo(command.equals("health") ? 1 : 0);
                arguments.add("-j");
                if (!command.equals("drain") && !command.equals("vlan del")) {
                    assertThat(daemon.ctl(arguments.toArray(String[]::new)).json().isObject())
                            .as(command + " -j")
                            .isTrue();
                }
            }
        } finally {
            ip("netns", "del", namespace);
        }
    }

    private static void ip(final String... arguments) throws Exception {
        final List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    /** Names of commands that do something. */
    private static List<String> leaves(final CommandLine commandLine, final String prefix) {
        final List<String> leaves = new ArrayList<>();
        commandLine
                .getSubcommands()
                .forEach((name, each) -> {
                    if (each.getSubcommands().isEmpty()) {
                        leaves.add(prefix + name);
                    } else {
                        leaves.addAll(leaves(each, prefix + name + " "));
                    }
                });
        return leaves;
    }

    private static void assertThatEachKeyIsIn(final Config config) {
        final TreeSet<String> missing = new TreeSet<>();
        ConfigurationKeys.ofSections()
                .forEach((section, keys) ->
                        keys.forEach(key -> {
                            if (!config.hasPath(section + "." + key)) {
                                missing.add(section + "." + key);
                            }
                        }));
        ConfigurationKeys.ofFunctions()
                .forEach(key -> {
                    if (!config.hasPath("functions.one." + key)) {
                        missing.add("functions." + key);
                    }
                });
        final Map<String, String> ports = new TreeMap<>();
        config.getObject("ports")
                .keySet()
                .forEach(name -> ports.put(config.getString("ports." + name + ".kind"), name));
        ConfigurationKeys.ofPorts()
                .forEach((kind, keys) ->
                        keys.forEach(key -> {
                            if (!config.hasPath("ports." + ports.get(kind) + "." + key)) {
                                missing.add("ports, " + kind + ": " + key);
                            }
                        }));
        for (final String key : ConfigurationKeys.ofAllPorts()) {
            if (ports.values().stream()
                    .noneMatch(name -> config.hasPath("ports." + name + "." + key))) {
                missing.add("ports." + key);
            }
        }
        assertThat(missing).isEmpty();
    }
}
