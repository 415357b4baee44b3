package dev.javf.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The packages that the build has just made. */
@Tag("proof")
class PackageTest {
    private static final Path DEPLOY =
            (Files.isDirectory(Path.of("deploy")) ? Path.of("deploy") : Path.of(""))
                    .toAbsolutePath();

    @TempDir private static Path folder;

    private static Path debian;
    private static Path archive;

    @BeforeAll
    static void find() throws IOException {
        debian = made(".deb");
        archive = made(".tar.gz");
    }

    private static Path made(final String ending) throws IOException {
        try (Stream<Path> files = Files.list(DEPLOY.resolve("target"))) {
            return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
        }
    }

    private record Outcome(int status, String text) {}

    private static Outcome run(final Map<String, String> environment, final String... command)
            throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        final Process process = builder.start();
        final String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    /** What was printed, by step. */
    private static Map<String, String> steps(final String text) {
        final Map<String, String> steps = new LinkedHashMap<>();
        String step = "";
        for (final String line : text.lines().toList()) {
            if (line.startsWith("== ")) {
                step = line.substring(3);
                steps.put(step, "");
            } else {
                steps.merge(step, line + "\n", String::concat);
            }
        }
        return steps;
    }

    @Test
    void shouldInstallStartAndLeaveNothing() throws Exception {
        Machine.needsTapAndNamespaces();
        for (final String command : List.of("dpkg", "unshare", "setpriv", "systemd-analyze")) {
            Machine.needsCommand(command);
        }
        final Outcome outcome =
                run(Map.of(), DEPLOY.resolve("try-package").toString(), debian.toString());
        final Map<String, String> steps = steps(outcome.text());
        assertThat(outcome.status()).as(outcome.text()).isZero();
        assertThat(steps.get("install"))
                .contains("Status: install ok installed")
                .containsPattern("javf:x:\\d+:\\d+:javf driver daemon:/:/usr/sbin/nologin");
        assertThat(steps.get("units"))
                .startsWith("Created symlink /etc/systemd/system/multi-user.target.wants/")
                .hasLineCount(1);
        assertThat(steps.get("nothing configured"))
                .contains("javfd: /etc/javf/javf.conf: functions: there is none to drive")
                .contains("status 2\n");
        assertThat(steps.get("start"))
                .doesNotContainPattern("Uid:\\s+0")
                .containsPattern("CapEff:\\s+0000000000000000")
                .endsWith("/usr/lib/javf/runtime/bin/java\n");
        assertThat(steps.get("vlan"))
                .contains(" 100  client     yes     yes ")
                .contains(" 107  client     yes     yes ")
                .contains("ok, ready");
        assertThat(steps.get("stop"))
                .startsWith("status 143\n")
                .contains("right: STARTING -> UP")
                .contains("\"command\":\"vlan add\"")
                .doesNotContain("[warning]", "[error]", "WARNING: ", "WARNING io.");
        assertThat(steps.get("upgrade")).endsWith("\n1\n");
        assertThat(steps.get("remove")).contains("Status: deinstall ok config-files", "javf.conf");
        assertThat(steps.get("purge")).contains("no user javf", "no group javf");
        assertThat(steps.get("left")).isEmpty();
        assertThat(steps).containsKey("done");
    }

    /** A cache that doesn't fit is silently left aside, and the start takes twice as long. */
    @Test
    void shouldUseItsCachesWhereverItIsUnpacked() throws Exception {
        assertThat(run(Map.of(), "tar", "-xzf", archive.toString(), "-C", folder.toString()))
                .isEqualTo(new Outcome(0, ""));
        final Path root;
        try (Stream<Path> files = Files.list(folder)) {
            root = files.findFirst().orElseThrow();
        }
        final Outcome daemon =
                run(
                        Map.of("JAVFD_JAVA_OPTIONS", "-XX:AOTMode=on -Xlog:class+load"),
                        root.resolve("sbin/javfd").toString(),
                        "--version");
        assertThat(daemon.status()).as(daemon.text()).isZero();
        assertThat(daemon.text())
                .containsPattern(
                        "dev\\.javf\\.daemon\\.service\\.JavfdProgram source: shared objects file");
        final Outcome ctl =
                run(
                        Map.of("JAVFCTL_JAVA_OPTIONS", "-XX:AOTMode=on -Xlog:class+load"),
                        root.resolve("bin/javfctl").toString(),
                        "--version");
        assertThat(ctl.status()).as(ctl.text()).isZero();
        assertThat(ctl.text())
                .containsPattern("dev\\.javf\\.daemon\\.ctl\\.Javfctl source: shared objects file");
    }
}
