package dev.javf.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The packages that the build has just made. */
@Tag("proof")
class PackageTest {
    @TempDir private static Path folder;

    @Test
    void shouldInstallStartAndLeaveNothing() throws Exception {
        Machine.needsTapAndNamespaces();
        for (final String command : List.of("dpkg", "unshare", "setpriv", "systemd-analyze")) {
            Machine.needsCommand(command);
        }
        final Trial trial = Trial.ofScript("try-package");
        assertThat(trial.status()).as(trial.text()).isZero();
        final Map<String, String> steps = trial.steps();
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
        final String archive = Trial.made(".tar.gz").toString();
        assertThat(Trial.of(Map.of(), "tar", "-xzf", archive, "-C", folder.toString()))
                .isEqualTo(new Trial(0, ""));
        final Path root;
        try (Stream<Path> files = Files.list(folder)) {
            root = files.findFirst().orElseThrow();
        }
        final Trial daemon =
                Trial.of(
                        Map.of("JAVFD_JAVA_OPTIONS", "-XX:AOTMode=on -Xlog:class+load"),
                        root.resolve("sbin/javfd").toString(),
                        "--version");
        assertThat(daemon.status()).as(daemon.text()).isZero();
        assertThat(daemon.text())
                .containsPattern(
                        "dev\\.javf\\.daemon\\.service\\.JavfdProgram source: shared objects file");
        final Trial ctl =
                Trial.of(
                        Map.of("JAVFCTL_JAVA_OPTIONS", "-XX:AOTMode=on -Xlog:class+load"),
                        root.resolve("bin/javfctl").toString(),
                        "--version");
        assertThat(ctl.status()).as(ctl.text()).isZero();
        assertThat(ctl.text())
                .containsPattern("dev\\.javf\\.daemon\\.ctl\\.Javfctl source: shared objects file");
    }
}
