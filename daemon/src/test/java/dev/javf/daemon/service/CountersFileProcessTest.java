package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.counters.CountersFile;
import dev.javf.daemon.counters.CountersFile.Entry;
import dev.javf.iavf.DriverCounterTypes;
import dev.javf.iavf.LifecycleState;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

/** The counters file of a daemon in another process, which is stuck, and then killed. */
class CountersFileProcessTest {
    @Test
    void shouldBeReadableWhateverBecomesOfTheDaemon(@TempDir final Path folder) throws Exception {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, JavfdProcess.twoFunctions())) {
            final Path path = folder.resolve("control.counters");
            assertThat(CountersFile.besideSocket(daemon.socket().toString())).isEqualTo(path);
            signal(daemon, "STOP");
            try (CountersFile file = CountersFile.open(path)) {
                final List<Entry> entries = file.entries();
                assertThat(states(entries))
                        .containsExactlyInAnyOrder(
                                "left " + LifecycleState.UP.code(),
                                "right " + LifecycleState.UP.code());
                assertThat(entries.stream().map(Entry::owner))
                        .contains("javf-conductor", "javf-poller-0");
                assertThat(file.isAlive()).isTrue();
                assertThat(file.pid()).isEqualTo(daemon.process().pid());
                assertThat(file.startedNs()).isLessThan(System.nanoTime());
                assertThat(file.unplaced()).isZero();
                signal(daemon, "KILL");
                daemon.process().waitFor();
                assertThat(file.isAlive()).isFalse();
                assertThat(states(file.entries())).isEqualTo(states(entries));
            }
            try (CountersFile left = CountersFile.open(path)) {
                assertThat(states(left.entries())).hasSize(2);
            }
        }
        try (JavfdProcess daemon = JavfdProcess.ready(folder, JavfdProcess.twoFunctions())) {
            final Path path = folder.resolve("control.counters");
            try (CountersFile file = CountersFile.open(path)) {
                assertThat(file.pid()).isEqualTo(daemon.process().pid());
            }
            daemon.stop();
            assertThat(path).doesNotExist();
        }
    }

    @Test
    void shouldMakeNoneWhenNoneIsWanted(@TempDir final Path folder) throws Exception {
        final Path file =
                JavfdProcess.configure(
                        folder, JavfdProcess.twoFunctions() + "daemon.counters-capacity = 0\n");
        assertThat(ServiceCounters.create(ConfigurationReader.read(file), () -> 0)).isNull();
        assertThat(folder.resolve("control.counters")).doesNotExist();
    }

    private static List<String> states(final List<Entry> entries) {
        return entries.stream()
                .filter(entry -> entry.type() == DriverCounterTypes.STATE.id())
                .map(entry -> entry.owner() + " " + entry.value())
                .toList();
    }

    private static void signal(final JavfdProcess daemon, final String signal) throws Exception {
        final Process kill =
                new ProcessBuilder("sh", "-c", "kill -" + signal + " " + daemon.process().pid())
                        .inheritIO()
                        .start();
        assertThat(kill.waitFor()).isZero();
    }
}
