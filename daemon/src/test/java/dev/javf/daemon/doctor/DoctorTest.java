package dev.javf.daemon.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.ctl.CtlRun;
import dev.javf.daemon.doctor.Finding.Level;
import dev.javf.linux.VfSettings;
import dev.javf.linux.VfSettings.LinkState;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Each check, on a machine that is made up: first well, then with one thing wrong. */
class DoctorTest {
    private static final String VF = "0000:3b:01.0";
    private static final String SIBLING = "0000:3b:01.1";
    private static final String PF = "0000:3b:00.0";

    @TempDir private Path root;

    private Path configuration;
    private VfSettings settings = new VfSettings(3, 0, 0, true, false, LinkState.AUTO);

    @BeforeEach
    void makeMachine() throws IOException {
        write("sys/class/iommu/dmar0/uevent", "");
        write("sys/bus/pci/drivers/vfio-pci/bind", "");
        link("sys/kernel/iommu_groups/7/devices/" + VF, "../../" + VF);
        device(VF, "vfio-pci", "7");
        device(PF, "ice", "3");
        link("sys/bus/pci/devices/" + VF + "/physfn", "../" + PF);
        link("sys/bus/pci/devices/" + PF + "/virtfn2", "../" + SIBLING);
        link("sys/bus/pci/devices/" + PF + "/virtfn3", "../" + VF);
        write("sys/bus/pci/devices/" + PF + "/net/ens1f0/carrier", "1\n");
        write("sys/bus/pci/devices/" + PF + "/net/ens1f0/mtu", "1500\n");
        write("dev/vfio/7", "");
        write("dev/net/tun", "");
        write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "64\n");
        write(
                "proc/self/limits",
                "Limit                     Soft Limit           Hard Limit           Units\n"
                        + "Max locked memory         unlimited            unlimited           "
                        + " bytes\n");
        configuration =
                write(
                        "etc/javf/javf.conf",
                        "functions { a { device = \""
                                + VF
                                + "\" } }\nports { p { kind = tap, function = a } }\n");
    }

    private Path write(final String name, final String text) throws IOException {
        final Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private void link(final String name, final String target) throws IOException {
        final Path link = root.resolve(name);
        Files.createDirectories(link.getParent());
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of(target));
    }

    private void device(final String address, final String driver, final String group)
            throws IOException {
        link("sys/bus/pci/devices/" + address + "/driver", "../drivers/" + driver);
        link("sys/bus/pci/devices/" + address + "/iommu_group", "../../iommu_groups/" + group);
    }

    private List<Finding> examine() throws Exception {
        return Doctor.examine(
                ConfigurationReader.read(configuration),
                root,
                Map.of(),
                pf ->
                        pf.equals("ens1f0")
                                ? List.of(
                                        new VfSettings(2, 0, 7, true, true, LinkState.DISABLE),
                                        settings)
                                : List.of());
    }

    private void assertThatItFinds(
            final Level level, final String check, final String fact, final String remedy)
            throws Exception {
        assertThat(examine())
                .filteredOn(finding -> finding.level() != Level.OK)
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.level()).isEqualTo(level);
                    assertThat(finding.check()).isEqualTo(check);
                    assertThat(finding.fact()).contains(fact);
                    assertThat(finding.remedy()).contains(remedy);
                    if (level != Level.UNKNOWN) {
                        assertThat(finding.remedy()).as("what mends it").isNotEmpty();
                    }
                });
    }

    @Test
    void shouldFindAWellMachineWell() throws Exception {
        assertThatAllIsWell();
    }

    private void assertThatAllIsWell() throws Exception {
        assertThat(examine())
                .hasSize(7)
                .allSatisfy(finding -> {
                    assertThat(finding.level()).as(finding.toString()).isEqualTo(Level.OK);
                    assertThat(finding.remedy()).isEmpty();
                });
    }

    /** The configuration wants more of the function. */
    private void want(final String values) throws IOException {
        Files.writeString(
                configuration,
                "functions { a { device = \""
                        + VF
                        + "\", "
                        + values
                        + " } }\nports { p { kind = tap, function = a } }\n");
    }

    @Test
    void shouldSayHowTheHostHasSetTheFunction() throws Exception {
        settings = new VfSettings(3, 0x0211_2233_4455L, 9, null, true, LinkState.ENABLE);
        assertThat(examine())
                .extracting(Finding::fact)
                .contains(
                        "its PF ens1f0 has it as VF 3: MAC 02:11:22:33:44:55, trust on, spoof check"
                                + " unknown, port VLAN 9, link always up");
    }

    @Test
    void shouldFindALinkThatIsHeldDown() throws Exception {
        settings = new VfSettings(3, 0, 0, true, false, LinkState.DISABLE);
        assertThatItFinds(
                Level.FAIL,
                "function a",
                "its PF ens1f0 holds its link down",
                "ip link set ens1f0 vf 3 state auto");
    }

    @Test
    void shouldFindAPortVlanInTheWay() throws Exception {
        settings = new VfSettings(3, 0, 100, true, true, LinkState.AUTO);
        assertThatAllIsWell();
        Files.writeString(
                configuration,
                Files.readString(configuration)
                        + "ports { q { kind = tap, function = a, vlan = 5 } }\n");
        assertThatItFinds(
                Level.WARN,
                "function a",
                "has put it in port VLAN 100, and usually refuses VLANs of its own then; wanted"
                        + " are 5",
                "ip link set ens1f0 vf 3 vlan 0");
    }

    @Test
    void shouldFindThatTrustIsMissing() throws Exception {
        want("promiscuous = multicast");
        assertThatItFinds(
                Level.WARN,
                "function a",
                "doesn't trust it, so it isn't made promiscuous",
                "ip link set ens1f0 vf 3 trust on");
        want("vlans = \"1-8\"");
        assertThatAllIsWell();
        want("vlans = \"1-9\"");
        assertThatItFinds(
                Level.WARN,
                "function a",
                "doesn't trust it, so it gets at most 8 VLANs; 9 are wanted",
                "ip link set ens1f0 vf 3 trust on");
        device(PF, "i40e", "3");
        assertThatAllIsWell();
        want("vlans = \"1-17\"");
        assertThatItFinds(
                Level.WARN, "function a", "at most 16 VLANs", "ip link set ens1f0 vf 3 trust on");
        settings = new VfSettings(3, 0, 0, true, true, LinkState.AUTO);
        assertThatAllIsWell();
    }

    @Test
    void shouldFindASpoofCheckInTheWay() throws Exception {
        want("promiscuous = all");
        settings = new VfSettings(3, 0, 0, true, true, LinkState.AUTO);
        assertThatItFinds(
                Level.WARN,
                "function a",
                "checks for spoofing",
                "ip link set ens1f0 vf 3 spoofchk off");
        settings = new VfSettings(3, 0, 0, false, true, LinkState.AUTO);
        assertThatAllIsWell();
    }

    @Test
    void shouldSayThatThePfDoesNotTell() throws Exception {
        settings = new VfSettings(4, 0, 0, true, false, LinkState.AUTO);
        assertThatItFinds(
                Level.UNKNOWN,
                "function a",
                "how its PF ens1f0 has set it can't be seen: the kernel doesn't list it",
                "ip -d link show ens1f0");
    }

    @Test
    void shouldFindExtendedTagsThatAreOff() throws Exception {
        final byte[] config = new byte[256];
        config[0x34] = 0x40;
        config[0x40] = 0x01;
        config[0x41] = 0x70;
        config[0x70] = 0x10;
        config[0x74] = 0x20;
        final Path file = root.resolve("sys/bus/pci/devices/" + PF + "/config");
        Files.write(file, config);
        assertThatItFinds(
                Level.WARN,
                "function a",
                "has extended tags off",
                "setpci -s " + PF + " CAP_EXP+8.w=0100:0100");
        config[0x79] = 1;
        Files.write(file, config);
        assertThatAllIsWell();
        // What somebody else than root gets.
        Files.write(file, Arrays.copyOf(config, 64));
        assertThatAllIsWell();
    }

    @Test
    void shouldFindTooFewProcessors() throws Exception {
        write("proc/self/status", "Name:\tjava\nCpus_allowed_list:\t3\n");
        assertThatItFinds(
                Level.WARN,
                "processors",
                "are 2 threads, and this process may use",
                "CPUAffinity=");
        write("proc/self/status", "Name:\tjava\nCpus_allowed_list:\t0,2-3\n");
        assertThatAllIsWell();
    }

    @Test
    void shouldFindThatNoProcessorIsIsolated() throws Exception {
        Files.writeString(
                configuration, Files.readString(configuration) + "daemon.waiting = [busy-spin]\n");
        assertThatItFinds(
                Level.WARN, "processors", "no CPU is isolated", "isolcpus=LIST nohz_full=LIST");
        write("sys/devices/system/cpu/isolated", "2-3\n");
        assertThatAllIsWell();
    }

    @Test
    void shouldFindAnotherDriver() throws Exception {
        device(VF, "iavf", "8");
        assertThat(examine())
                .anySatisfy(finding -> {
                    assertThat(finding.fact()).isEqualTo(VF + " is bound to iavf");
                    assertThat(finding.remedy())
                            .isEqualTo("driverctl set-override " + VF + " vfio-pci");
                });
    }

    @Test
    void shouldFindTheSiblingThatBlocksTheGroup() throws Exception {
        device(SIBLING, "iavf", "7");
        link("sys/kernel/iommu_groups/7/devices/" + SIBLING, "../../" + SIBLING);
        assertThatItFinds(
                Level.FAIL,
                "function a",
                "IOMMU group 7 isn't viable: " + SIBLING + " uses iavf",
                "driverctl set-override " + SIBLING + " vfio-pci");
    }

    @Test
    void shouldFindThatThereIsNoIommu() throws Exception {
        Files.delete(root.resolve("sys/class/iommu/dmar0/uevent"));
        Files.delete(root.resolve("sys/class/iommu/dmar0"));
        assertThatItFinds(Level.FAIL, "IOMMU", "none is on", "intel_iommu=on");
    }

    @Test
    void shouldFindAFunctionWithoutGroup() throws Exception {
        Files.delete(root.resolve("sys/bus/pci/devices/" + VF + "/iommu_group"));
        assertThatItFinds(Level.FAIL, "function a", "it has no IOMMU group", "iommu=pt");
    }

    @Test
    void shouldFindAMissingNode() throws Exception {
        Files.delete(root.resolve("dev/vfio/7"));
        assertThatItFinds(Level.UNKNOWN, "function a", "there is no /dev/vfio/7", "");
    }

    @Test
    void shouldFindAMissingFunction() throws Exception {
        Files.writeString(configuration, "functions { a { device = \"0000:99:00.0\" } }");
        assertThatItFinds(Level.FAIL, "function a", "there is no PCI function 0000:99:00.0", "");
    }

    @Test
    void shouldFindTooLittleLockedMemory() throws Exception {
        write("proc/self/limits", "Max locked memory         8388608   8388608   bytes\n");
        assertThatItFinds(Level.FAIL, "locked memory", "may have 8388608", "LimitMEMLOCK=infinity");
    }

    @Test
    void shouldFindTooFewHugePages() throws Exception {
        write("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0\n");
        assertThatItFinds(Level.WARN, "huge pages", "0 of 2 MiB", "sysctl vm.nr_hugepages=9");
    }

    @Test
    void shouldFindThatATokenIsNeeded() throws Exception {
        device(PF, "vfio-pci", "3");
        assertThatItFinds(Level.FAIL, "function a", "needs a VF token", "functions.a.token");
    }

    @Test
    void shouldFindAPfWithoutCarrierOrWithShortFrames() throws Exception {
        write("sys/bus/pci/devices/" + PF + "/net/ens1f0/carrier", "0\n");
        assertThatItFinds(
                Level.WARN, "function a", "ens1f0 has no carrier", "ip link set ens1f0 up");
        write("sys/bus/pci/devices/" + PF + "/net/ens1f0/carrier", "1\n");
        write("sys/bus/pci/devices/" + PF + "/net/ens1f0/mtu", "1400\n");
        assertThatItFinds(Level.WARN, "function a", "has MTU 1400", "ip link set ens1f0 mtu 1500");
    }

    @Test
    void shouldSayThatThePfIsElsewhere() throws Exception {
        Files.delete(root.resolve("sys/bus/pci/devices/" + VF + "/physfn"));
        assertThatItFinds(Level.UNKNOWN, "function a", "its PF isn't on this machine", "");
    }

    @Test
    void shouldFindThatThereAreNoTapDevices() throws Exception {
        Files.delete(root.resolve("dev/net/tun"));
        assertThatItFinds(Level.FAIL, "TAP devices", "there is no /dev/net/tun", "modprobe tun");
    }

    @Test
    void shouldPrintFindingsWithRemedies() {
        final List<String> arguments =
                List.of("doctor", "--root", root.toString(), "--config", configuration.toString());
        assertThat(CtlRun.of(arguments).status()).isZero();
        assertThat(CtlRun.of(arguments).out()).contains("ok      IOMMU: on\n");
        assertThat(root.resolve("dev/net/tun").toFile().delete()).isTrue();
        final CtlRun run = CtlRun.of(arguments);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out())
                .contains("fail    TAP devices: there is no /dev/net/tun\n        -> modprobe tun");
    }

    @Test
    void shouldSeeASwitchThatFiltersNoVlans() throws Exception {
        write("sys/class/net/ens1f0/phys_switch_id", "3a2b\n");
        write("sys/class/net/ens1f0/phys_port_name", "p0\n");
        write("sys/class/net/eth7/phys_switch_id", "ffff\n");
        write("sys/class/net/eth7/phys_port_name", "pf0vf3\n");
        assertThatAllIsWell();
        write("sys/class/net/eth8/phys_switch_id", "3a2b\n");
        write("sys/class/net/eth8/phys_port_name", "pf0vf2\n");
        assertThatItFinds(
                Level.WARN,
                "function a",
                "its PF ens1f0 is in switchdev mode (eth8 is a representor)",
                "devlink dev eswitch set pci/" + PF + " mode legacy");
    }
}
