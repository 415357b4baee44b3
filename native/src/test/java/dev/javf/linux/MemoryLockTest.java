package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.libc.Libc;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

class MemoryLockTest {
    @Test
    void shouldLockAndUnlockWhatIsMapped() throws Exception {
        Machine.need(
                MemoryLock.limitBytes() > MemoryLock.mappedBytes() || isRoot(),
                "a limit for locked memory (ulimit -l) above this JVM's size, or root");
        MemoryLock.lockAll();
        try {
            assertThat(lockedKilobytes()).isPositive();
        } finally {
            MemoryLock.unlockAll();
        }
        assertThat(lockedKilobytes()).isZero();
    }

    @Test
    void shouldSayWhatIsNeededAndWhatIsAllowed() throws Exception {
        Machine.needsCommand("prlimit");
        Machine.needsCommand("setpriv");
        Machine.need(isRoot(), "root, to give up CAP_IPC_LOCK");
        final List<String> output =
                run(
                        "prlimit",
                        "--memlock=65536:65536",
                        "setpriv",
                        "--bounding-set=-ipc_lock",
                        "--inh-caps=-ipc_lock");
        assertThat(output)
                .singleElement()
                .asString()
                .matches(
                        "mlockall\\(MCL_CURRENT \\| MCL_FUTURE \\| MCL_ONFAULT\\) failed: ENOMEM"
                                + " \\(12\\), Cannot allocate memory; needed: \\d{7,} bytes \\(all"
                                + " that is mapped, used or not\\), allowed by RLIMIT_MEMLOCK:"
                                + " 65536; set LimitMEMLOCK=infinity in the systemd unit, or ulimit"
                                + " -l unlimited, or give the process CAP_IPC_LOCK");
    }

    @Test
    void shouldKnowTheLimit() throws Exception {
        final String softLimit =
                Files.readAllLines(Path.of("/proc/self/limits")).stream()
                        .filter(line -> line.startsWith("Max locked memory"))
                        .map(line -> line.substring("Max locked memory".length()).strip())
                        .map(line -> line.substring(0, line.indexOf(' ')))
                        .findFirst()
                        .orElseThrow();
        assertThat(MemoryLock.limitBytes())
                .isEqualTo(
                        softLimit.equals("unlimited")
                                ? MemoryLock.UNLIMITED
                                : Long.parseLong(softLimit));
        assertThat(MemoryLock.limitBytes(Libc.RLIM_INFINITY())).isEqualTo(MemoryLock.UNLIMITED);
    }

    private static List<String> run(final String... wrapper) throws Exception {
        final List<String> command = new ArrayList<>(List.of(wrapper));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx64m");
        command.add("-XX:+UseSerialGC");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(MemoryLocker.class.getName());
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            final List<String> lines = out.lines().toList();
            assertThat(process.waitFor()).isZero();
            return lines;
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static long lockedKilobytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmLck:"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", 3)[1]))
                .findFirst()
                .orElseThrow();
    }
}
