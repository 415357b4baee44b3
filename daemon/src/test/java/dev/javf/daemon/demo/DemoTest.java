package dev.javf.daemon.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The demo in a process of its own, on the module path, as {@code ./javf demo} starts it. */
class DemoTest {
    private static final int USAGE_STATUS = 2;
    private static final int INTERRUPTED_STATUS = 130;

    private static Process start(final String... arguments) throws IOException {
        return startWithLab(null, arguments);
    }

    private static Process startWithLab(final @Nullable String lab, final String... arguments)
            throws IOException {
        // A build in the background of a shell has SIGINT ignored, and so would have what it
        // starts.
        final List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.add("--enable-native-access=dev.javf.linux");
        command.add("--add-exports=java.base/jdk.internal.misc=org.agrona");
        command.add("--module-path");
        command.add(modulePath());
        command.add("--module");
        command.add("dev.javf.daemon/" + Demo.class.getName());
        command.addAll(Arrays.asList(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (lab != null) {
            builder.environment().put("JAVF_LAB", lab);
        }
        return builder.start();
    }

    /** The class path of the tests without the tests themselves. */
    private static String modulePath() {
        final List<String> entries =
                new ArrayList<>(
                        Arrays.asList(
                                System.getProperty("java.class.path")
                                        .split(File.pathSeparator, -1)));
        entries.removeIf(entry -> entry.endsWith("test-classes") || entry.endsWith("-tests.jar"));
        return String.join(File.pathSeparator, entries);
    }

    private record Outcome(int status, List<String> lines) {
        String text() {
            return String.join("\n", lines);
        }
    }

    private static Outcome finish(final Process process, final List<String> lines)
            throws IOException, InterruptedException {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), lines);
    }

    private static Outcome run(final String... arguments) throws Exception {
        return finish(start(arguments), new ArrayList<>());
    }

    private static void assertThatEverythingWorked(
            final Outcome outcome, final String first, final String second) {
        assertThat(outcome.status()).as(outcome.text()).isZero();
        for (int vlan = 100; vlan <= 107; vlan++) {
            assertThat(outcome.text())
                    .contains(
                            "VLAN "
                                    + vlan
                                    + "  10.0."
                                    + vlan
                                    + ".1 -> 10.0."
                                    + vlan
                                    + ".2  2 of 2");
        }
        assertThat(outcome.text())
                .contains(first + "  wanted 100-107, acknowledged by the PF 100-107")
                .contains(second + "  wanted 100-107, acknowledged by the PF 100-107")
                .contains("VLAN 100 -> 10.0.101.2, which lives in VLAN 101: 0 of 2 answered")
                .contains("0 came from another VLAN")
                .contains("CLOSING -> CLOSED")
                .endsWith("done: everything works, everything is cleaned up");
    }

    @Test
    void shouldPingAcrossEveryVlanBetweenNamespaces() throws Exception {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ping");
        Machine.needsCommand("nsenter");
        final Outcome outcome = run("--count", "2");
        assertThatEverythingWorked(outcome, "sim:0/0", "sim:0/1");
        assertThat(outcome.text())
                .contains("two network namespaces with a TAP device in each VLAN");
    }

    @Test
    void shouldPingAcrossEveryVlanInsideTheProcess() throws Exception {
        final Outcome outcome = run("--in-process", "--count", "2");
        assertThatEverythingWorked(outcome, "sim:0/0", "sim:0/1");
        assertThat(outcome.text()).contains("two hosts inside this process");
    }

    @Test
    void shouldSayWhatAVirtualMachineNeeds() throws Exception {
        final Outcome outcome = finish(startWithLab("/nowhere", "--vm"), new ArrayList<>());
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.lines())
                .containsExactly(
                        "javf demo: --vm needs QEMU 10.1 or newer and a small Linux:"
                                + " tools/lab/setup gets both (350 MB, 2 minutes, no privilege)");
    }

    @Test
    @Tag("proof")
    void shouldPutAVirtualMachineBehindAFunction() throws Exception {
        Machine.need(GuestLab.program() != null, "the guest lab (tools/lab/setup) and its scripts");
        final Outcome outcome = run("--vm", "--vlans", "100-101", "--count", "2");
        assertThat(outcome.status()).as(outcome.text()).isZero();
        assertThat(outcome.text())
                .contains("VLAN 100  10.0.100.1 -> 10.0.100.2  2 of 2 answered")
                .contains("VLAN 101  10.0.101.1 -> 10.0.101.2  2 of 2 answered")
                .contains("acknowledged by the PF 101")
                .endsWith("done: everything works, everything is cleaned up");
    }

    @Test
    void shouldDriveFunctionsThatAnotherProcessSimulates() throws Exception {
        final Outcome outcome = run("--sim-process", "--in-process", "--count", "2");
        assertThatEverythingWorked(outcome, "vf0.sock", "vf1.sock");
        assertThat(outcome.text()).containsPattern("simulated in process \\d+, over vfio-user");
    }

    @Test
    void shouldPingBetweenNamespacesOverFunctionsThatAnotherProcessSimulates() throws Exception {
        Machine.needsTapAndNamespaces();
        Machine.needsCommand("ping");
        Machine.needsCommand("nsenter");
        assertThatEverythingWorked(run("--sim-process", "--count", "2"), "vf0.sock", "vf1.sock");
    }

    @Test
    void shouldCleanUpWhenInterrupted() throws Exception {
        final Process process = start("--in-process", "--count", "1000");
        final List<String> lines = new ArrayList<>();
        final BufferedReader reader = process.inputReader();
        String line = reader.readLine();
        while (line != null && !line.contains("ping across each VLAN")) {
            lines.add(line);
            line = reader.readLine();
        }
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        final Outcome outcome = finish(process, lines);
        assertThat(outcome.status()).as(outcome.text()).isEqualTo(INTERRUPTED_STATUS);
        assertThat(outcome.text()).contains("interrupted; everything is cleaned up");
        for (final String name : List.of("sim:0/0", "sim:0/1")) {
            assertThat(outcome.lines())
                    .anyMatch(each -> each.contains(name) && each.contains("CLOSING -> CLOSED"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "--vlans;0;VLAN 0",
                "--vlans;4095,100;4095",
                "--vlans;100-120;21 VLANs; use 2 to 8",
                "--vlans;200-100;200-100",
                "--count;0;--count 0: use 1 to 1000",
                "--count;x;--count",
            })
    void shouldNameWhatIsWrongWithAnOption(
            final String option, final String value, final String message) throws Exception {
        final Outcome outcome = run(option, value);
        assertThat(outcome.status()).isEqualTo(USAGE_STATUS);
        assertThat(outcome.lines().getFirst()).contains(message);
    }
}
