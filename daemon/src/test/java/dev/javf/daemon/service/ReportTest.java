package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.ctl.CtlRun;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import javax.imageio.ImageIO;

/** {@code javfctl report --html}: of a running daemon, without one, and as a browser shows it. */
class ReportTest {
    private static final String EVIL = "<script>document.title='evil'</script>";
    private static final int WIDTH = 1150;
    private static final int HEIGHT = 3000;

    @TempDir private Path folder;

    private Path page = Path.of("");

    /** More VLANs than the PF allows, and a comment that wants to be a script. */
    private JavfdProcess start() throws Exception {
        Files.createDirectories(folder.resolve("ports.d"));
        Files.writeString(
                folder.resolve("ports.d/vm.conf"),
                "ports.vm { kind = vhost-user, function = right, vlan = 100, socket = \""
                        + folder.resolve("vm.sock")
                        + "\" }\n# "
                        + EVIL
                        + "\n");
        return JavfdProcess.ready(
                folder,
                """
                daemon { packet-buffers = 4096 }
                functions {
                  left { device = "sim:0/0", vlans = "100-109" }
                  right { device = "sim:0/1" }
                }
                """);
    }

    private CtlRun report(final JavfdProcess daemon) {
        page = folder.resolve("report.html");
        return daemon.ctl(
                "report",
                "--html",
                page.toString(),
                "--config",
                folder.resolve("javf.conf").toString());
    }

    @Test
    void shouldTellEverything() throws Exception {
        try (JavfdProcess daemon = start()) {
            final CtlRun run = report(daemon);
            assertThat(run.status()).as(run.err()).isZero();
            assertThat(run.out()).startsWith(page + ": ").endsWith(" KiB\n");
        }
        final String text = Files.readString(page);
        assertThat(text)
                .contains(
                        "<span class=\"so-so\">degraded</span>, <span class=\"good\">ready</span>")
                .contains("<td>left</td><td>sim:0/0</td><td><span class=\"good\">UP</span></td>")
                .contains("<td>100-109</td><td>100-107</td>")
                .contains("VF is not trusted and its 8 user VLANs are used")
                .contains("<td>vm</td><td>vhost-user</td><td>right</td>")
                .contains("<td>javf-conductor</td>")
                .contains("<td>driver.messages_sent</td>")
                .contains("<td>function left</td><td>sim:0/0 is there</td>")
                .contains("packet-buffers = 4096")
                .contains(folder.resolve("ports.d/vm.conf").toString())
                .contains("&lt;script&gt;document.title=&#39;evil&#39;&lt;/script&gt;")
                .contains("<td>ADD_VLAN_V2</td>")
                .contains("From a request to the PF&#39;s answer")
                .contains("MSG VF&gt;PF ADD_VLAN_V2")
                .doesNotContain("<script", "<link", "src=\"", "url(");
        assertThat(text.replace("http://www.w3.org/2000/svg", "")).doesNotContain("://");
    }

    @Test
    void shouldBeWrittenWithoutADaemon() throws IOException {
        final Path configuration = Files.writeString(folder.resolve("javf.conf"), "functions = 1");
        page = folder.resolve("report.html");
        final CtlRun run =
                CtlRun.of(
                        List.of(
                                "report",
                                "--html",
                                page.toString(),
                                "--config",
                                configuration.toString(),
                                "--socket",
                                folder.resolve("no.sock").toString()));
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(Files.readString(page))
                .contains("no javfd answers at " + folder.resolve("no.sock"))
                .contains("<h2>Doctor</h2>\n<p>" + configuration + ":1")
                .contains("functions = 1")
                .doesNotContain("Flight recorder");
    }

    @Test
    void shouldSayWhereItCannotWrite() {
        final CtlRun run = CtlRun.of(List.of("report", "--html", "/nowhere/report.html"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("javfctl: /nowhere/report.html: NoSuchFileException\n");
    }

    private String chromium(final String... arguments) throws Exception {
        final List<String> command =
                new ArrayList<>(
                        List.of(
                                "chromium",
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--hide-scrollbars",
                                "--window-size=" + WIDTH + "," + HEIGHT,
                                "--user-data-dir=" + folder.resolve("profile")));
        command.addAll(List.of(arguments));
        command.add(page.toUri().toString());
        final Process process =
                new ProcessBuilder(command)
                        .redirectError(folder.resolve("chromium.log").toFile())
                        .start();
        final String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(Files.readString(folder.resolve("chromium.log"))).isZero();
        return text;
    }

    @Test
    @Tag("proof")
    void shouldLookRightInABrowser() throws Exception {
        Machine.needsCommand("chromium");
        try (JavfdProcess daemon = start()) {
            assertThat(report(daemon).status()).isZero();
        }
        final String dom = chromium("--dump-dom");
        assertThat(dom)
                .contains("<title>javf on ")
                .contains("<h2>Flight recorder</h2>", "<td>ADD_VLAN_V2</td>", "<polyline ")
                .doesNotContain("<title>evil</title>");

        final Path picture = folder.resolve("report.png");
        chromium("--screenshot=" + picture);
        final BufferedImage image = ImageIO.read(picture.toFile());
        assertThat(image.getWidth()).isEqualTo(WIDTH);
        assertThat(image.getHeight()).isEqualTo(HEIGHT);
        final Set<Integer> colours = new HashSet<>();
        int inked = 0;
        for (int y = 0; y < HEIGHT; y++) {
            boolean isBlank = true;
            for (int x = 0; x < WIDTH; x++) {
                final int colour = image.getRGB(x, y) & 0xffffff;
                colours.add(colour);
                isBlank &= colour == 0xffffff;
            }
            inked += isBlank ? 0 : 1;
        }
        // The states and the first curve, in their colours, and a page that isn't mostly empty.
        assertThat(colours).contains(0x0b6e4f, 0xc2570c).hasSizeGreaterThan(100);
        assertThat(inked).isGreaterThan(HEIGHT / 3);
    }
}
