package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.daemon.service.JavfdProcess;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** A port becomes zero-copy, and no longer is, while the daemon runs. */
@Timeout(120)
class ZeroCopyReloadTest {
    @TempDir private Path folder;

    private String configuration(final String transfer) {
        return """
        functions { vf { device = "sim:0/0" } }
        ports { app { kind = ring, function = vf, socket = "%s/app", transfer = %s } }
        """
                .formatted(folder, transfer);
    }

    @Test
    void shouldOpenTheFunctionAnewWithBuffersOfItsOwn() throws Exception {
        try (JavfdProcess daemon = JavfdProcess.ready(folder, configuration("copy"))) {
            for (final String transfer : new String[] {"zero-copy", "copy"}) {
                JavfdProcess.configure(folder, configuration(transfer));
                assertThat(daemon.ctl("reload").out()).contains("functions.vf", "ports.app");
                assertThat(daemon.ctl("wait-ready", "--timeout", "60").status()).isZero();
                assertThat(daemon.ctl("port", "show", "app", "-j").out())
                        .contains("\"transfer\":\"" + transfer + "\"");
                try (JavfPort port =
                        JavfPort.connect(
                                new PortContext().socket(folder.resolve("app").toString()))) {
                    assertThat(port.properties().isZeroCopy())
                            .isEqualTo(transfer.equals("zero-copy"));
                }
            }
        }
    }
}
