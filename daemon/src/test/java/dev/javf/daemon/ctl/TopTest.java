package dev.javf.daemon.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.javf.daemon.service.JavfdProcess;
import dev.javf.testing.Awaiting;

import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code javfctl top} on a running daemon, on one that is stopped, and on one that has ended. */
class TopTest {
    @TempDir private Path folder;

    private static void signal(final JavfdProcess daemon, final String name) throws Exception {
        assertThat(
                        new ProcessBuilder("kill", name, Long.toString(daemon.process().pid()))
                                .start()
                                .waitFor())
                .isZero();
    }

    private static CtlRun top(final JavfdProcess daemon, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("top", "--interval", "0.2"));
        arguments.addAll(List.of(more));
        return daemon.ctl(arguments.toArray(String[]::new));
    }

    @Test
    void shouldShowWhatThereIsWhoeverIsStuck() throws Exception {
        final JavfdProcess daemon = JavfdProcess.ready(folder, JavfdProcess.twoFunctions());
        try (daemon) {
            final CtlRun running = top(daemon);
            assertThat(running.status()).as(running.err()).isZero();
            assertThat(running.out())
                    .startsWith("javfd " + daemon.process().pid() + ", up 0:00:")
                    .containsPattern("left +UP +100Gb/s +0 +0 +0 +0 +0 +\\d+ ")
                    .containsPattern("javf-conductor +ok ")
                    .containsPattern("javf-poller-0 +ok ")
                    .doesNotContain("\u001b");
            assertThat(top(daemon, "-n", "2").out().split("javfd ", -1)).hasSize(3);
            final JsonNode json = top(daemon, "-j").json();
            assertThat(json.path("alive").asBoolean()).isTrue();
            assertThat(json.path("functions").path(1).path("name").asText()).isEqualTo("right");
            assertThat(json.path("threads").path(0).path("cycles").asDouble()).isPositive();

            signal(daemon, "-STOP");
            final CtlRun stuck =
                    Awaiting.until(
                            "stuck threads",
                            () -> top(daemon, "--color", "always"),
                            run -> run.out().contains("stuck"));
            assertThat(stuck.out())
                    .contains("javf-conductor  \u001b[31mstuck")
                    .containsPattern("left +\\S*UP");
            signal(daemon, "-CONT");
            assertThat(top(daemon, "--count", "0").err()).contains("must be at least 1");
            assertThat(top(daemon, "--file", folder + "/none").err())
                    .contains("no counters file " + folder + "/none");
            assertThat(top(daemon, "--file", folder + "/log").err())
                    .contains("is no counters file");
            assertThat(daemon.ctl("top", "--interval", "0").err())
                    .contains("must be 0.1 to 3600 seconds");
        }
    }

    /** An hour under a clock of its own. */
    @Test
    void shouldWaitByTheClockThatItIsGiven() {
        final long[] nowNs = {0};
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final Waiting waiting =
                new Waiting(
                        () -> nowNs[0],
                        new IdleStrategy() {
                            @Override
                            public void idle(final int workCount) {
                                idle();
                            }

                            @Override
                            public void idle() {
                                nowNs[0] += TimeUnit.MINUTES.toNanos(1);
                            }

                            @Override
                            public void reset() {}
                        });
        final int status =
                Javfctl.commandLine(new PrintWriter(out), waiting)
                        .setErr(new PrintWriter(err, true))
                        .execute("wait-ready", "--timeout", "3600", "--socket", folder + "/none");
        assertThat(status).isEqualTo(1);
        assertThat(err.toString()).contains("not ready after 3600 s: no javfd answers at");
        assertThat(nowNs[0]).isEqualTo(TimeUnit.HOURS.toNanos(1));
    }
}
