package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.config.ControlSection;
import dev.javf.testing.Machine;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The units, and the helper that binds functions. */
class SystemdTest {
    private static final Path UNITS = Repository.file("systemd");
    private static final String ADDRESS = "0000:3b:01.0";

    @TempDir private Path folder;

    private Path sysfs;
    private Path device;

    private record Outcome(int status, String text) {}

    private Outcome run(final String... command) throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVF_SYSFS", folder.resolve("sys").toString());
        builder.environment().put("JAVF_STATE", folder.resolve("state").toString());
        final Process process = builder.start();
        final String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), text);
    }

    private Outcome bind(final String... arguments) throws Exception {
        final String[] command = Arrays.copyOf(new String[] {"sh"}, arguments.length + 2);
        command[1] = UNITS.resolve("javf-bind").toString();
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        return run(command);
    }

    @BeforeEach
    void makeSysfs() throws IOException {
        sysfs = folder.resolve("sys/bus/pci");
        device = Files.createDirectories(sysfs.resolve("devices").resolve(ADDRESS));
        for (final String driver : new String[] {"iavf", "vfio-pci"}) {
            Files.createDirectories(sysfs.resolve("drivers").resolve(driver));
            Files.createFile(sysfs.resolve("drivers").resolve(driver).resolve("unbind"));
        }
        Files.createFile(sysfs.resolve("drivers_probe"));
        Files.createFile(device.resolve("driver_override"));
        driver("iavf");
    }

    /** As the kernel would when it has probed. */
    private void driver(final String name) throws IOException {
        Files.deleteIfExists(device.resolve("driver"));
        Files.createSymbolicLink(device.resolve("driver"), Path.of("../../drivers").resolve(name));
    }

    @Test
    void shouldConfineTheService() throws Exception {
        Machine.needsCommand("systemd-analyze");
        final Outcome outcome =
                run(
                        "systemd-analyze",
                        "security",
                        "--offline=true",
                        "--threshold=25",
                        "--no-pager",
                        UNITS.resolve("javfd.service").toString());
        assertThat(outcome.status()).as(outcome.text()).isZero();
        assertThat(outcome.text()).contains("Overall exposure level for javfd.service: 2.1 OK");
    }

    @Test
    void shouldAgreeWithTheProgram() throws IOException {
        final String unit = Files.readString(UNITS.resolve("javfd.service"));
        assertThat(unit)
                .contains("Type=notify\n")
                .contains("SuccessExitStatus=143\n")
                .contains("RestartPreventExitStatus=2\n")
                .contains("ExecReload=/usr/bin/javfctl reload\n");
        final String runtime = ControlSection.SOCKET_DEFAULT.replaceFirst("^/run/([^/]+)/.*", "$1");
        assertThat(unit).containsPattern("\nRuntimeDirectory=" + runtime + "[ \n]");
    }

    @Test
    void shouldBindAndGiveBack() throws Exception {
        final Outcome bound = bind("bind", ADDRESS);
        assertThat(bound.status()).as(bound.text()).isZero();
        assertThat(Files.readString(device.resolve("driver_override"))).isEqualTo("vfio-pci\n");
        assertThat(Files.readString(sysfs.resolve("drivers/iavf/unbind"))).isEqualTo(ADDRESS);
        assertThat(Files.readString(sysfs.resolve("drivers_probe"))).isEqualTo(ADDRESS);
        assertThat(Files.readString(folder.resolve("state").resolve(ADDRESS)))
                .isEqualTo("iavf\n\n");

        driver("vfio-pci");
        Files.writeString(sysfs.resolve("drivers_probe"), "");
        assertThat(bind("bind", ADDRESS).status()).isZero();
        assertThat(Files.readString(sysfs.resolve("drivers_probe"))).isEmpty();
        assertThat(bind("unbind", ADDRESS).status()).isZero();
        assertThat(Files.readString(device.resolve("driver_override"))).isEqualTo("\n");
        assertThat(Files.readString(sysfs.resolve("drivers/vfio-pci/unbind"))).isEqualTo(ADDRESS);
        assertThat(Files.readString(sysfs.resolve("drivers_probe"))).isEqualTo(ADDRESS);
        assertThat(folder.resolve("state").resolve(ADDRESS)).doesNotExist();
    }

    @Test
    void shouldGiveNoDriverToWhatHadNone() throws Exception {
        Files.delete(device.resolve("driver"));
        Files.writeString(device.resolve("driver_override"), "(null)\n");
        assertThat(bind("bind", ADDRESS)).isEqualTo(new Outcome(0, ""));
        assertThat(Files.readString(folder.resolve("state").resolve(ADDRESS))).isEqualTo("\n\n");
        driver("vfio-pci");
        Files.writeString(sysfs.resolve("drivers_probe"), "");
        assertThat(bind("unbind", ADDRESS)).isEqualTo(new Outcome(0, ""));
        assertThat(Files.readString(sysfs.resolve("drivers/vfio-pci/unbind"))).isEqualTo(ADDRESS);
        assertThat(Files.readString(sysfs.resolve("drivers_probe"))).isEmpty();
        assertThat(Files.readString(device.resolve("driver_override"))).isEqualTo("\n");
    }

    @Test
    void shouldRestoreAnOverrideAndSayWhatIsMissing() throws Exception {
        Files.writeString(device.resolve("driver_override"), "iavf\n");
        assertThat(bind("bind", ADDRESS)).isEqualTo(new Outcome(0, ""));
        // As where the module of the driver was unloaded meanwhile: nobody takes it.
        driver("vfio-pci");
        assertThat(bind("unbind", ADDRESS))
                .isEqualTo(
                        new Outcome(
                                0,
                                "javf-bind: "
                                        + ADDRESS
                                        + " had driver iavf and has vfio-pci now: modprobe"
                                        + " iavf\n"));
        assertThat(Files.readString(device.resolve("driver_override"))).isEqualTo("iavf\n");
        assertThat(Files.readString(sysfs.resolve("drivers_probe"))).isEqualTo(ADDRESS);
    }

    @Test
    void shouldHaveUnitsThatSystemdUnderstands() throws Exception {
        Machine.needsCommand("systemd-analyze");
        // What the package installs isn't here, so that alone may be missed; PackageTest looks
        // again.
        final Outcome outcome =
                run(
                        "systemd-analyze",
                        "--man=no",
                        "verify",
                        UNITS.resolve("javfd.service").toString(),
                        UNITS.resolve("javf-bind@.service").toString());
        assertThat(outcome.text().lines())
                .allMatch(line -> line.matches(".*: Command .* is not executable: .*"));
    }

    @Test
    void shouldConfineTheHelper() throws Exception {
        Machine.needsCommand("systemd-analyze");
        final Outcome outcome =
                run(
                        "systemd-analyze",
                        "security",
                        "--offline=true",
                        "--threshold=60",
                        "--no-pager",
                        UNITS.resolve("javf-bind@.service").toString());
        assertThat(outcome.status()).as(outcome.text()).isZero();
    }

    @Test
    void shouldLeaveAloneWhatItHasNotBound() throws Exception {
        assertThat(bind("unbind", ADDRESS).status()).isZero();
        assertThat(Files.readString(device.resolve("driver_override"))).isEmpty();
        driver("vfio-pci");
        assertThat(bind("bind", ADDRESS).status()).isZero();
        assertThat(bind("unbind", ADDRESS).status()).isZero();
        assertThat(Files.readString(device.resolve("driver_override"))).isEmpty();
    }

    @Test
    void shouldSayWhatIsWrong() throws Exception {
        assertThat(bind("bind", "../../etc").text()).contains("'../../etc' is no PCI address");
        assertThat(bind("bind", "0000:3b:01.7").text())
                .contains("there is no PCI function 0000:3b:01.7");
        assertThat(bind("bind")).isEqualTo(new Outcome(2, bind().text()));
        Files.delete(sysfs.resolve("drivers/vfio-pci/unbind"));
        Files.delete(sysfs.resolve("drivers/vfio-pci"));
        assertThat(bind("bind", ADDRESS).text()).contains("modprobe vfio-pci");
    }
}
