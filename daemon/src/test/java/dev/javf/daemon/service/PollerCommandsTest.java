package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.ctl.CtlRun;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** Pollers and the paths of queues, by javfctl. */
class PollerCommandsTest {
    private static final String CONFIGURATION =
            """
            daemon { packet-buffers = 16384, pollers = 3, waiting = [back-off, back-off, interrupt] }
            functions {
              left { device = "sim:0/0", queue-pairs = 4, pollers = [1, 2] }
              right { device = "sim:0/1", queue-pairs = 2, flexible-descriptors = true }
            }
            """;

    @Test
    void shouldShowAndMoveQueues(@TempDir final Path folder) throws Exception {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, CONFIGURATION)) {
            assertThat(daemon.ctl("poller", "list").out())
                    .containsPattern("0 +back-off +\\d+ +\\d+\n")
                    .containsPattern("1 +back-off .* left/0 left/2 right/0")
                    .containsPattern("2 +interrupt .* left/1 left/3 right/1");
            final CtlRun moved = daemon.ctl("poller", "move", "left", "3", "0");
            assertThat(moved.status()).isZero();
            assertThat(moved.out()).isEqualTo("poller 0 polls queue 3 of left\n");
            assertThat(daemon.ctl("poller", "list").out())
                    .containsPattern("0 +back-off .* left/3\n");
            final CtlRun refused = daemon.ctl("poller", "move", "left", "9", "0");
            assertThat(refused.status()).isNotZero();
            assertThat(refused.toString()).contains("there is no queue 9; there are 0 to 3");
            assertThat(daemon.ctl("poller", "move", "left", "0", "3").toString())
                    .contains("there is no poller 3; there are 0 to 2 (daemon.pollers)");
            assertThat(daemon.ctl("vf", "show", "left").out())
                    .containsPattern("queue 3 +poller 0\n +rx legacy descriptors \\(RXDID 1\\)")
                    .contains("every access checked");
            assertThat(daemon.ctl("vf", "show", "right").out())
                    .containsPattern("queue 1 +poller 2\n +rx flexible descriptors \\(RXDID 2\\)");
        }
    }
}
