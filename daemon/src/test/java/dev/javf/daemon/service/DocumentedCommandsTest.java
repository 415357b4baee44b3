package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.CommandBlocks;
import dev.javf.daemon.CommandBlocks.Block;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The documentation's commands do what they say: each runs here, or is excused with a reason. */
class DocumentedCommandsTest {
    private static final long PATIENCE_S = 120;

    /** Blocks that aren't commands, by how they begin. */
    private static final Map<String, String> NOT_COMMANDS = new LinkedHashMap<>();

    /** Commands that don't run here, by what is found in them. */
    private static final Map<String, String> EXCUSED = new LinkedHashMap<>();

    /** Commands that last until they are interrupted. */
    private static final Pattern ENDLESS =
            Pattern.compile("^javfctl (port capture |top$|trace .* -f$)");

    /** Its status 1 says that something keeps this machine from working, as it may here. */
    private static final Pattern DOCTOR = Pattern.compile("^javfctl doctor$");

    /** What {@code ./javf} starts: a command and its class. */
    private static final Pattern MAIN =
            Pattern.compile("(?m)^  ([a-z-]+)\\)\\n    run [a-z.]+/([A-Za-z.]+) \"\\$@\"$");

    /** A daemon for which all the pages' commands have a meaning. */
    private static final String DAEMON =
            """
            daemon { packet-buffers = 16384, pollers = 2 }
            functions {
              left { device = "sim:0/0", queue-pairs = 4, pollers = [0] }
              right { device = "sim:0/1" }
              vf0 { device = "sim:0/2", vlans = "100" }
            }
            ports.app {
              kind = ring, function = right, socket = "FOLDER/app.sock", clients = [root], trunk = "24-25"
            }
            """;

    static {
        NOT_COMMANDS.put("functions \\{|ports[ .]|scrape_configs:", "a configuration");
        NOT_COMMANDS.put("final SimulatedPhysicalFunction", "Java, as EmbeddedTest has it");
        NOT_COMMANDS.put(
                "javf flight record|\\d+ -\\d+\\.\\d+ STATE ", "what a flight record looks like");
        NOT_COMMANDS.put("-chardev socket", "QEMU's options; GuestPortTest and others start it");

        EXCUSED.put("^\\./javf demo", "20 s; DemoTest runs it");
        EXCUSED.put("^mvn |^tools/lab/", "it's the build itself, or prepares its guests");
        EXCUSED.put("^\\./javf bench", "minutes; BenchmarksTest and its neighbours run short ones");
        EXCUSED.put("tools/lab/guest|qemu-system", "a guest; the fidelity proofs start them");
        EXCUSED.put("dpdk-testpmd|dpdk-telemetry", "DPDK's programs; DpdkTest, TelemetryTest");
        EXCUSED.put("^apt |^adduser ", "installs, PackageTest does so in a root of its own");
        EXCUSED.put("systemctl |systemd-run|journalctl", "a running systemd; SystemdTest");
        EXCUSED.put("^modprobe |^driverctl |sriov_numvfs|virtfn0|/sys/class/iommu", "hardware");
        EXCUSED.put("ens1f0", "a NIC of that name");
        EXCUSED.put("nr_hugepages", "changes the machine for good");
        EXCUSED.put("eth0\\.100|^ping -c 3 10\\.0\\.100\\.2$", "the other end of a real wire");
        EXCUSED.put("^telemetry\\.folder", "a line of javf.conf");
        EXCUSED.put("^ready: /run", "what the simulator prints");
        EXCUSED.put("^javfctl latency plot", "measured latencies; LatencyCommandTest");
        EXCUSED.put("^\\(load the driver", "what a person does");
    }

    @TempDir private Path folder;

    /** The folder's {@code ./javf}, and javfd and javfctl as the packages have them. */
    private void install() throws IOException {
        final Map<String, String> mains = new LinkedHashMap<>();
        final Matcher main = MAIN.matcher(Files.readString(Repository.file("javf")));
        while (main.find()) {
            mains.put(main.group(1), main.group(2));
        }
        assertThat(mains).containsKeys("javfd", "javfctl", "sim", "sim-ctl");
        final String java =
                "exec "
                        + ProcessHandle.current().info().command().orElseThrow()
                        + " -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
                        + " --enable-native-access=ALL-UNNAMED"
                        + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED -cp '"
                        + System.getProperty("java.class.path")
                        + "' ";
        final StringBuilder front = new StringBuilder("case \"$1\" in\n");
        mains.forEach(
                (name, type) -> front.append(name + ") shift; " + java + type + " \"$@\";;\n"));
        executable("javf", front + "esac\necho \"no command $1\" >&2; exit 2\n");
        for (final String name : List.of("javfd", "javfctl")) {
            executable(name, java + mains.get(name) + " \"$@\"\n");
        }
    }

    private void executable(final String name, final String text) throws IOException {
        Files.setPosixFilePermissions(
                Files.writeString(folder.resolve(name), "#!/usr/bin/env bash\n" + text),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Runs it in the folder; it and all it has started ends. */
    private void run(final String what, final String script, final Map<String, String> environment)
            throws Exception {
        final Path log = folder.resolve("script.log");
        final ProcessBuilder builder =
                new ProcessBuilder("bash", "-c", "set -euxo pipefail\n" + script + "\nwait\n")
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().put("PATH", folder + ":" + System.getenv("PATH"));
        builder.environment().putAll(environment);
        final Process process = builder.start();
        try {
            final boolean ended = process.waitFor(PATIENCE_S, TimeUnit.SECONDS);
            assertThat(ended && process.exitValue() == 0)
                    .as(what + ":\n" + Files.readString(log))
                    .isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    private static Block block(final String page, final String part) throws IOException {
        return CommandBlocks.of(Repository.file(page)).stream()
                .filter(each -> each.text().contains(part))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldRunTheReadmesDaemonAsItIsWritten() throws Exception {
        install();
        run("README.md", block("README.md", "kill %1").text(), Map.of());
    }

    @Test
    @Tag("proof")
    void shouldRunTheQuickStartsDaemonAsItIsWritten() throws Exception {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ip");
        Machine.needsCommand("ping");
        install();
        final String page = "docs/quick-start.md";
        Files.writeString(folder.resolve("javf.conf"), block(page, "javf-try.sock\n").text());
        try {
            run(page, block(page, "kill %1").text(), Map.of());
        } finally {
            new ProcessBuilder("ip", "netns", "delete", "other")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("delete.log").toFile())
                    .start()
                    .waitFor();
        }
    }

    /** A page's commands that can run here, in order, each once. */
    private static List<String> commands(final List<Block> blocks, final Set<String> unused) {
        final List<String> commands = new ArrayList<>();
        for (final Block block : blocks) {
            if (block.text().contains("kill %1")
                    || isOneOf(NOT_COMMANDS, block.text(), true, unused)) {
                continue;
            }
            for (final String statement : block.statements()) {
                if (!isOneOf(EXCUSED, statement, false, unused) && !commands.contains(statement)) {
                    commands.add(statement);
                }
            }
        }
        return commands;
    }

    private static boolean isOneOf(
            final Map<String, String> excuses,
            final String text,
            final boolean atStart,
            final Set<String> unused) {
        for (final String excuse : excuses.keySet()) {
            final Matcher matcher = Pattern.compile(excuse).matcher(text);
            if (atStart ? matcher.lookingAt() : matcher.find()) {
                unused.remove(excuse);
                return true;
            }
        }
        return false;
    }

    /** The commands as they are run: with this test's folders, and an end. */
    private String script(final List<String> commands) {
        return commands.stream()
                .map(each ->
                        each.replace("/etc/javf/javf.conf", folder + "/javf.conf")
                                .replaceFirst(
                                        "^javfd --check-config$",
                                        "javfd --check-config --config " + folder + "/javf.conf")
                                .replaceFirst(
                                        "(?<=^\\./javf sim-ctl )(DIR|/run/javf-sim)\\b",
                                        folder + "/sim")
                                .replace("127.0.0.1:9464", "$METRICS"))
                .map(each ->
                        ENDLESS.matcher(each).find()
                                ? "timeout --preserve-status -s INT 3 " + each + " || [ $? = 130 ]"
                                : DOCTOR.matcher(each).find() ? each + " || [ $? = 1 ]" : each)
                .collect(Collectors.joining("\n"));
    }

    @Test
    @Tag("proof")
    void shouldRunOrExcuseEveryCommand() throws Exception {
        Machine.needsCommand("jq");
        Machine.needsCommand("curl");
        install();
        final Set<String> unused = new TreeSet<>(EXCUSED.keySet());
        unused.addAll(NOT_COMMANDS.keySet());
        int run = 0;
        for (final Path page : CommandBlocks.pages()) {
            final List<String> commands = commands(CommandBlocks.of(page), unused);
            final boolean simulator = commands.removeIf(each -> each.startsWith("./javf sim "));
            commands.removeIf(each -> each.startsWith("javfd --config "));
            if (!commands.isEmpty()) {
                run(page.getFileName().toString(), commands, simulator);
                run += commands.size();
            }
        }
        assertThat(unused).as("excuses that nothing needs any more").isEmpty();
        assertThat(run).isGreaterThan(35);
    }

    private void run(final String page, final List<String> commands, final boolean simulator)
            throws Exception {
        final String script = script(commands);
        if (simulator) {
            final String sockets = folder + "/sim";
            run(
                    page,
                    "./javf sim --vfs 2 --sockets "
                            + sockets
                            + " >sim.log &\nuntil grep -q ready: sim.log; do sleep 0.1; done\n"
                            + script
                            + "\nkill %1",
                    Map.of());
            return;
        }
        final String configuration = DAEMON.replace("FOLDER", folder.toString());
        try (JavfdProcess daemon = JavfdProcess.ready(folder, configuration)) {
            final Matcher metrics =
                    Pattern.compile("127\\.0\\.0\\.1:[1-9]\\d*").matcher(daemon.log());
            run(
                    page,
                    script,
                    Map.of(
                            "JAVF_SOCKET",
                            daemon.socket().toString(),
                            "METRICS",
                            metrics.find() ? metrics.group() : "?"));
        }
    }
}
