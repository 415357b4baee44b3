package dev.javf.sim.program;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.testing.Machine;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.user.VfioUserDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The simulator and its client as processes of their own, as {@code ./javf} starts them. */
class SimulatorProgramTest {
    private static final int USAGE_STATUS = 2;
    private static final int TERMINATED_STATUS = 143;
    private static final int RSTAT = 0x8800;
    private static final int DISCARD_PORT = 9;

    @TempDir private Path directory = Path.of("");

    private final List<Process> processes = new ArrayList<>();

    private record Outcome(int status, String output) {}

    @AfterEach
    void kill() {
        processes.forEach(Process::destroyForcibly);
    }

    private Process start(final Class<?> program, final String... arguments) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");
        command.add("--class-path");
        command.add(classPath());
        command.add(program.getName());
        command.addAll(Arrays.asList(arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    private static String classPath() {
        return String.join(
                File.pathSeparator,
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                        .filter(entry -> !entry.endsWith("test-classes"))
                        .toList());
    }

    private static Outcome finish(final Process process) throws Exception {
        final String output;
        try (BufferedReader reader = process.inputReader()) {
            output = String.join("\n", reader.lines().toList());
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), output);
    }

    private Process startSimulator(final String... options) throws IOException {
        final List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("--sockets", directory.toString()));
        arguments.addAll(Arrays.asList(options));
        final Process simulator = start(SimulatorProgram.class, arguments.toArray(String[]::new));
        // Not closed: that would close the simulator's standard output.
        assertThat(simulator.inputReader().readLine())
                .isEqualTo(
                        "ready: "
                                + directory.resolve("vf0.sock")
                                + " "
                                + directory.resolve("vf1.sock"));
        return simulator;
    }

    private Outcome control(final String... words) throws Exception {
        return finish(
                start(
                        ControlProgram.class,
                        Stream.concat(Stream.of(directory.toString()), Arrays.stream(words))
                                .toArray(String[]::new)));
    }

    private JsonNode show() throws Exception {
        final Outcome shown = control("show");
        assertThat(shown.status()).as(shown.output()).isZero();
        return new ObjectMapper().readTree(shown.output()).get("pf");
    }

    private VfioUserDevice open(final int vf) {
        return VfioUserDevice.open(
                new UnixAddress(directory.resolve("vf" + vf + ".sock").toString()),
                new VfioUserDevice.Context());
    }

    @Test
    void shouldServeEveryVfUntilASignalEndsIt() throws Exception {
        final Process simulator = startSimulator("--delays", "none");
        for (int vf = 0; vf < 2; vf++) {
            try (VfioUserDevice device = open(vf)) {
                assertThat(device.config().read(PciConfigSpace.VENDOR_ID, 2)).isEqualTo(0x8086);
                assertThat(device.config().read(PciConfigSpace.DEVICE_ID, 2)).isEqualTo(0x1889);
                assertThat(device.bar(0).read32(RSTAT)).isEqualTo(2);
            }
        }
        simulator.toHandle().destroy();
        final Outcome outcome = finish(simulator);
        assertThat(outcome.status()).isEqualTo(TERMINATED_STATUS);
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void shouldTakeTheSocketsOfOneThatWasKilledButNotOfOneThatRuns() throws Exception {
        final Process first = startSimulator();
        final Outcome second =
                finish(start(SimulatorProgram.class, "--sockets", directory.toString()));
        assertThat(second.status()).isEqualTo(1);
        assertThat(second.output()).contains("vf0.sock").contains("use another --sockets");
        first.destroyForcibly().waitFor();
        startSimulator();
        try (VfioUserDevice device = open(0)) {
            assertThat(device.config().read(PciConfigSpace.DEVICE_ID, 2)).isEqualTo(0x1889);
        }
    }

    @Test
    void shouldBeToldAndShowOverItsControlSocket() throws Exception {
        startSimulator("--pf", "ice-v2-dvm", "--first-mac", "02:00:00:00:01:00");
        assertThat(control("vf", "1", "trust", "on")).isEqualTo(new Outcome(0, "{\"ok\":true}"));
        final Outcome wrong = control("vf", "7", "trust", "on");
        assertThat(wrong.status()).isEqualTo(1);
        assertThat(wrong.output())
                .isEqualTo("{\"ok\":false,\"error\":\"'7' after 'vf': expected the VF, 0 to 1\"}");
        final JsonNode pf = show();
        assertThat(pf.get("mode").asText()).isEqualTo("ice-v2-dvm");
        assertThat(pf.get("vfs").get(1).get("trusted").asBoolean()).isTrue();
        assertThat(pf.get("vfs").get(1).get("defaultMac").asText()).isEqualTo("02:00:00:00:01:01");
    }

    @Test
    void shouldPlugItsUplinkIntoATapDevice() throws Exception {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ip");
        final Process simulator = startSimulator("--uplink", "tap:javfuplink");
        assertThat(Path.of("/sys/class/net/javfuplink")).exists();
        final Process address =
                new ProcessBuilder("ip", "address", "add", "192.0.2.1/24", "dev", "javfuplink")
                        .start();
        assertThat(address.waitFor()).isZero();
        try (DatagramSocket socket = new DatagramSocket()) {
            // Nobody there: the kernel asks for the address, and that goes over the wire.
            socket.send(
                    new DatagramPacket(
                            new byte[1], 1, new InetSocketAddress("192.0.2.2", DISCARD_PORT)));
        }
        while (show().get("wire").get("toSwitch").asLong() == 0) {
            Thread.onSpinWait();
        }
        simulator.toHandle().destroy();
        finish(simulator);
        assertThat(Path.of("/sys/class/net/javfuplink")).doesNotExist();
    }

    /** What goes wrong with the first 40 messages of a driver. */
    private List<String> faults(final String... options) throws Exception {
        final Process simulator = startSimulator(options);
        final List<String> faults = new ArrayList<>();
        try (SharedMemory memory =
                        SharedMemory.allocate(
                                "send-queue", SendQueue.MEMORY_BYTES, PageSize.PLAIN_4K);
                VfioUserDevice device = open(0)) {
            assertThat(control("record", "on").status()).isZero();
            final SendQueue queue = new SendQueue(device, memory);
            for (int message = 1; message <= 40; message++) {
                final int tail = message % SendQueue.ENTRIES;
                queue.tail(tail);
                while (queue.head() != tail) {
                    Thread.onSpinWait();
                }
            }
            final Outcome dump = control("record", "dump");
            for (final JsonNode entry :
                    new ObjectMapper().readTree(dump.output()).get("record").get("entries")) {
                if (entry.get("kind").asText().equals("fault")) {
                    faults.add(entry.get("name").asText() + " " + entry.get("detail").asText());
                }
            }
        }
        simulator.toHandle().destroy();
        finish(simulator);
        return faults;
    }

    @Test
    void shouldMakeThingsGoWrongAsASeedHasIt() throws Exception {
        assertThat(faults("--delays", "none", "--fault-seed", "14"))
                .first()
                .asString()
                .startsWith("GET_VF_RESOURCES Fail[");
        assertThat(faults("--delays", "none")).isEmpty();
    }

    @Test
    void shouldSayWhoDoesNotAnswer() throws Exception {
        final Outcome outcome = control("show");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.output())
                .contains("no simulator answers at " + directory.resolve("control.sock"))
                .contains("javf sim --sockets " + directory);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "--vfs;0;virtualFunctions 0, expected 1 to 256",
                "--vfs;257;virtualFunctions 257, expected 1 to 256",
                "--vfs;x;--vfs",
                "--pf;e1000;PF 'e1000': use one of ice-v2-svm",
                "--delays;rule=5;'5' is no length of time",
                "--delays;rul=5us;'rul=5us': expected typical, none or NAME=TIME",
                "--faults;vf 9 any pretend;'9' after 'vf': expected the VF or any, 0 to 1",
                "--uplink;eth0;--uplink eth0: write tap:NAME",
                "--uplink;tap:a/b;a/b",
                "--first-mac;1;1",
                "--queue-pairs;17;queuePairsPerVf 17, expected 1 to 16",
                "--vectors;1;vectorsPerVf 1, expected 2 to 65",
                "--sockets;/dev/null/x;--sockets /dev/null/x: can't be made a directory",
                "--sockets;/tmp/"
                        + "long-long-long-long-long-long-long-long-long-long-long-long-long-long-"
                        + "long-long-long-long-long-long-long-long;must have 1 to 107 bytes",
            })
    void shouldNameWhatIsWrongWithAnOption(
            final String option, final String value, final String message) {
        final List<String> arguments = new ArrayList<>(List.of(option, value));
        if (!option.equals("--sockets")) {
            arguments.addAll(List.of("--sockets", directory.toString()));
        }
        final StringWriter errors = new StringWriter();
        final int status =
                new CommandLine(new SimulatorProgram())
                        .setErr(new PrintWriter(errors))
                        .execute(arguments.toArray(String[]::new));
        assertThat(status).as(errors.toString()).isEqualTo(USAGE_STATUS);
        assertThat(errors.toString().lines().findFirst().orElseThrow()).contains(message);
    }
}
