package dev.javf.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.Simulators;
import dev.javf.packet.MacAddress;
import dev.javf.sim.PfMode;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What the configuration says, and everything that it can't. */
class ConfigurationReaderTest {
    private static final String FUNCTION = "functions { vf0 { device = \"sim:0/0\" } }\n";

    @TempDir private Path folder;

    private Path write(final String name, final String text) throws IOException {
        final Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private Configuration read(final String text) throws Exception {
        return ConfigurationReader.read(write("javf.conf", text));
    }

    private List<String> problems(final String text) throws IOException {
        return problems(write("javf.conf", text));
    }

    private List<String> problems(final Path file) {
        try {
            ConfigurationReader.read(file);
        } catch (final ConfigurationException e) {
            assertThat(String.valueOf(e.getMessage()).lines()).hasSize(e.problems().size());
            return e.problems().stream()
                    .map(problem -> problem.toString().replace(folder + "/", ""))
                    .toList();
        }
        return List.of();
    }

    @Test
    void shouldFillInDefaults() throws Exception {
        final Configuration configuration = read(FUNCTION);
        assertThat(configuration.daemon().packetBuffers()).isEqualTo(8192);
        assertThat(configuration.daemon().closeTimeoutNs()).isEqualTo(TimeUnit.SECONDS.toNanos(10));
        assertThat(configuration.daemon().flightRecords()).isNull();
        assertThat(configuration.control().socket()).isEqualTo("/run/javf/control.sock");
        assertThat(configuration.control().mode()).isEqualTo(0660);
        assertThat(configuration.control().administrators()).containsExactly("root");
        assertThat(configuration.control().readers()).containsExactly("*");
        assertThat(configuration.metrics().listen()).hasToString("/127.0.0.1:9464");
        assertThat(configuration.simulator().pf()).isEqualTo(PfMode.ICE_V2_SVM);
        final FunctionSection function = configuration.functions().getFirst();
        assertThat(function.name()).isEqualTo("vf0");
        assertThat(function.device()).hasToString("sim:0/0");
        assertThat(function.isRequired()).isTrue();
        assertThat(function.vlans()).isEqualTo(VlanSet.EMPTY);
        assertThat(function.mac()).isNull();
        assertThat(function.addresses()).isEmpty();
        assertThat(function.isUnicastPromiscuous()).isFalse();
        assertThat(function.maxFrameBytes()).isEqualTo(1518);
        assertThat(configuration.ports()).isEmpty();
    }

    @Test
    void shouldReadEveryKey() throws Exception {
        final Configuration configuration =
                read(
                        """
                        daemon {
                          packet-buffers = 16384, close-timeout = 500ms, stall-threshold = "2 s"
                          flight-records = /var/lib/javf, log-level = debug
                        }
                        control {
                          socket = "@javf", mode = "0600", clients = 8
                          administrators = [root, "@admin"], readers = "1000"
                        }
                        metrics { listen = none }
                        simulator { pf = i40e-v2, first-mac = "02:00:00:00:01:00" }
                        functions {
                          a {
                            device = "pf:ens1f0/3", required = no, vlans = "100-102,200"
                            mac = "02:00:00:00:00:01", addresses = ["01:00:5e:00:00:fb"]
                            promiscuous = all, max-frame = 2000, queue-pairs = 4, ring-length = 64
                            flexible-descriptors = on, messages-in-flight = 4
                            statistics-period = 10ms, resets-per-minute = 100
                            token = "00112233-4455-6677-8899-aabbccddeeff", unsafe-no-iommu = true
                          }
                        }
                        ports {
                          p { kind = tap, function = a, vlan = 100, mac = "02:00:00:00:00:02"
                              device = tap0, namespace = blue, addresses = "10.0.0.1/24", up = off }
                        }
                        """);
        assertThat(configuration.daemon().packetBuffers()).isEqualTo(16384);
        assertThat(configuration.daemon().closeTimeoutNs()).isEqualTo(500_000_000);
        assertThat(configuration.daemon().stallThresholdNs()).isEqualTo(2_000_000_000);
        assertThat(configuration.daemon().flightRecords()).hasToString("/var/lib/javf");
        assertThat(configuration.daemon().logLevel()).isEqualTo("debug");
        assertThat(configuration.control().socket()).isEqualTo("@javf");
        assertThat(configuration.control().mode()).isEqualTo(0600);
        assertThat(configuration.control().clients()).isEqualTo(8);
        assertThat(configuration.control().administrators()).containsExactly("root", "@admin");
        assertThat(configuration.control().readers()).containsExactly("1000");
        assertThat(configuration.metrics().listen()).isNull();
        assertThat(configuration.simulator().pf()).isEqualTo(PfMode.I40E_V2);
        assertThat(configuration.simulator().firstMac())
                .isEqualTo(MacAddress.of("02:00:00:00:01:00"));
        final FunctionSection function = configuration.functions().getFirst();
        assertThat(function.device()).hasToString("pf:ens1f0/3");
        assertThat(function.isRequired()).isFalse();
        assertThat(function.vlans()).hasToString("100-102,200");
        assertThat(function.mac()).hasToString("02:00:00:00:00:01");
        assertThat(function.addresses()).containsExactly(MacAddress.of("01:00:5e:00:00:fb"));
        assertThat(function.isUnicastPromiscuous()).isTrue();
        assertThat(function.isMulticastPromiscuous()).isTrue();
        assertThat(function.maxFrameBytes()).isEqualTo(2000);
        assertThat(function.queuePairs()).isEqualTo(4);
        assertThat(function.ringLength()).isEqualTo(64);
        assertThat(function.hasFlexibleDescriptors()).isTrue();
        assertThat(function.messagesInFlight()).isEqualTo(4);
        assertThat(function.statisticsPeriodNs()).isEqualTo(10_000_000);
        assertThat(function.resetsPerMinute()).isEqualTo(100);
        assertThat(function.token()).hasToString("00112233-4455-6677-8899-aabbccddeeff");
        assertThat(function.isNoIommuAllowed()).isTrue();
        final PortSection port = configuration.ports().getFirst();
        assertThat(port.kind().name()).isEqualTo("tap");
        assertThat(port.vlan()).isEqualTo(100);
        assertThat(port.mac()).hasToString("02:00:00:00:00:02");
        assertThat(port.kind().resource(port)).isEqualTo("network device 'tap0' in namespace blue");
        assertThat(configuration.portsOf("a")).containsExactly(port);
    }

    @Test
    void shouldReadPortsFromTheirFolder() throws Exception {
        write("ports.d/b.conf", "ports { b { kind = tap, function = vf0, vlan = 2 } }");
        write("ports.d/a.conf", "ports { a { kind = tap, function = vf0, vlan = 1 } }");
        write("ports.d/ignored.conf.bak", "nonsense");
        assertThat(read(FUNCTION).ports()).extracting(PortSection::name).containsExactly("a", "b");
    }

    @Test
    void shouldTakeValuesFromTheEnvironment() throws Exception {
        assertThat(read("functions { vf0 { device = \"vfio-user:\"${HOME} } }").functions())
                .singleElement()
                .extracting(function -> function.device().toString())
                .isEqualTo("vfio-user:" + System.getenv("HOME"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "deamon { }|javf.conf:2: deamon: unknown key (did you mean 'daemon'?)",
                "daemon { packet-bufers = 1 }|javf.conf:2: daemon.packet-bufers: unknown key (did"
                        + " you mean 'packet-buffers'?)",
                "daemon { packet-buffers = 7 }|daemon.packet-buffers: '7': must be a whole number,"
                        + " 1024 to 1048576",
                "daemon { packet-buffers = many }|'many': must be a whole number",
                "daemon { packet-buffers = 1.5 }|'1.5': must be a whole number",
                "daemon { packet-buffers = [1] }|a list: must be a whole number",
                "daemon { packet-buffers = { a = 1 } }|a section: must be a whole number",
                "daemon { close-timeout = 10 }|'10': must be a duration with its unit (ns, us, ms,"
                        + " s, min or h), 100ms to 10min",
                "daemon { close-timeout = 1h }|'1h': must be a duration",
                "daemon { flight-records = records }|'records': must be an absolute path",
                "daemon { log-level = wrning }|did you mean 'warning'?",
                "daemon = 5|daemon: must be a section: daemon { ... }",
                "control { mode = \"0999\" }|file permissions as an octal number",
                "control { socket = control.sock }|must be an absolute path of at most 107 bytes",
                "control { administrators = \"a b\" }|must be a user (name or number), a group",
                "control { clients = 0 }|a whole number, 1 to 4096",
                "metrics { listen = 9464 }|must be ADDRESS:PORT such as 127.0.0.1:9464",
                "metrics { listen = \"127.0.0.1:70000\" }|must be ADDRESS:PORT",
                "simulator { pf = ice-v3 }|must be one of ice-v2-svm",
                "simulator { first-mac = \"01:00:00:00:00:00\" }|must be a unicast MAC address",
                "functions { vf1 { } }|functions.vf1: the key 'device' is missing",
                "functions { vf0 { device = eth0 } }|'eth0' names no virtual function; write its"
                        + " PCI address",
                "functions { vf0 { device = \"sim:0/256\" } }|a VF 0 to 255",
                "functions { \"a b\" { device = \"sim:0/1\" } }|a name has 1 to 32 letters",
                "functions { vf0 { required = perhaps } }|'perhaps': must be true or false",
                "functions { vf0 { vlans = \"100-\" } }|'100-' is no VLAN id or range",
                "functions { vf0 { vlans = \"4095\" } }|VLAN",
                "functions { vf0 { mac = \"02:00\" } }|02:00",
                "functions { vf0 { promiscuous = some } }|must be one of none, unicast,"
                        + " multicast, all",
                "functions { vf0 { max-frame = 9000 } }|a whole number, 60 to 2048",
                "functions { vf0 { queue-pairs = 257 } }|a whole number, 1 to 256",
                "simulator { pf = i40e-v1, max-queue-pairs = 17 }|an i40e PF gives 16 at most",
                "functions { vf0 { ring-length = 65 } }|a multiple of 32, 64 to 4096",
                "functions { vf0 { token = secret } }|'(hidden)': must be a UUID",
                "functions { vf1 { device = \"sim:0/0\" } }|functions.vf1.device: sim:0/0 belongs"
                        + " to functions.vf0.device",
                "functions { vf0 { queue-pairs = 16 } }|daemon.packet-buffers: 8192: the rings of"
                        + " all functions can take 16384",
                "ports { p { function = vf0 } }|ports.p: the key 'kind' is missing; it must be one"
                        + " of tap",
                "ports { p { kind = tab, function = vf0 } }|'tab': must be one of tap",
                "ports { p { kind = tap } }|the key 'function' is missing",
                "ports { p { kind = tap, function = vf1 } }|there is no function 'vf1' (did you"
                        + " mean 'vf0'?)",
                "ports { p { kind = tap, function = vf0, vlan = 4095 } }|a whole number, 0 to 4094",
                "ports { p { kind = tap, function = vf0, device = \"a/b\" } }|a device name",
                "ports { p { kind = tap, function = vf0, addresses = \"10.0.0.1\" } }|an IP address"
                        + " with its prefix length",
                "ports { p { kind = tap, function = vf0, addresses = \"10.0.0.1/33\" } }|at most"
                        + " 32",
                "ports { p { kind = tap, function = vf0, socket = x } }|ports.p.socket: unknown"
                        + " key",
                "ports { p { kind = tap, function = vf0, vlan = 5 }, q { kind = tap, function ="
                        + " vf0, vlan = 5 } }|VLAN 5 of function 'vf0' with the function's own MAC"
                        + " address belongs to ports.p",
                "ports { app { kind = ring, function = vf0, socket = /a, transfer = zero-copy }, q"
                    + " { kind = tap, function = vf0, vlan = 5 } }|ports.app.transfer: zero-copy"
                    + " shows port app's application all packets of function vf0, which ports [q]"
                    + " have, too; give them another function, or use transfer = copy",
                "ports { app { kind = ring, function = vf0, socket = /a, queues = 17 } }|a whole"
                        + " number, 1 to 16",
                "ports { p { kind = tap, function = vf0, device = t }, q { kind = tap, function ="
                        + " vf0, vlan = 5, device = t } }|network device 't' belongs to ports.p",
                "ports { p { kind = vfio-user, function = vf0, socket = s } }|ports.p.socket: 's':"
                        + " must be an absolute path",
                "ports { p { kind = vfio-user, function = vf0 } }|the key 'socket' is missing",
                "ports { p { kind = vhost-user, function = vf0, socket = /s, vlan = 5, trunk ="
                        + " \"6\" } }|ports.p.trunk: 6: the port has VLAN 5; a port is one or the"
                        + " other",
                "include \"other.conf\"|include other.conf: files can't be included",
                "include url(\"http://localhost/\")|files can't be included",
                "daemon {|javf.conf:",
                "daemon { flight-records = ${NO_SUCH_VARIABLE_HERE} }|NO_SUCH_VARIABLE_HERE",
            })
    void shouldNameWhatIsWrong(final String text, final String message) throws IOException {
        assertThat(problems(FUNCTION + text)).singleElement().asString().contains(message);
    }

    @Test
    void shouldFindEverythingThatIsWrongAtOnce() throws IOException {
        assertThat(problems("daemon {\n packet-buffers = 1\n clients = 2\n}\nmetrics.listen = x\n"))
                .hasSize(3)
                .anyMatch(line -> line.startsWith("javf.conf:2: daemon.packet-buffers: "))
                .anyMatch(line -> line.startsWith("javf.conf:3: daemon.clients: unknown key"))
                .anyMatch(line -> line.startsWith("javf.conf:5: metrics.listen: "));
    }

    @Test
    void shouldRefuseNamesThatTwoFilesUse() throws IOException {
        final String port = "ports { p { kind = tap, function = vf0, vlan = %d } }";
        write("ports.d/a.conf", port.formatted(1));
        write("ports.d/b.conf", port.formatted(2));
        assertThat(problems(FUNCTION))
                .containsExactly(
                        "ports.d/b.conf:1: ports.p: is also at "
                                + folder.resolve("ports.d/a.conf")
                                        .toString()
                                        .replace(folder + "/", "")
                                + ":1; names must differ");
    }

    @Test
    void shouldKeepTheDaemonsSectionsOutOfTheFolder() throws IOException {
        write("ports.d/a.conf", "daemon { log-level = debug }");
        assertThat(problems(FUNCTION))
                .singleElement()
                .asString()
                .startsWith("ports.d/a.conf:1: daemon: unknown key");
    }

    @Test
    void shouldNeedSomethingToDrive() throws IOException {
        assertThat(problems("")).singleElement().asString().contains("there is none to drive");
    }

    @Test
    void shouldSayWhyAFileCantBeRead() throws Exception {
        assertThat(problems(folder.resolve("absent.conf")))
                .containsExactly("absent.conf: there is no such file");
        assertThat(problems(folder)).singleElement().asString().endsWith(": is no file");
        final Path file = write("javf.conf", FUNCTION);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(problems(file))
                .containsExactly("javf.conf: can be written by everybody: chmod o-w javf.conf");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Files.write(file, new byte[] {(byte) 0xC3, 0x28});
        assertThat(problems(file)).containsExactly("javf.conf: isn't UTF-8 text");
        Files.writeString(file, "#".repeat(1 << 20) + "\n");
        assertThat(problems(file))
                .containsExactly(
                        "javf.conf: has 1048577 bytes; a configuration has at most 1048576");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[[[",
                "}",
                "a=${a}",
                "\u0000",
                "functions=[]",
                "functions.vf0=1",
                "a=\"",
                "\ufeff{",
                "ports.p=[1]",
                "daemon=[]",
                "functions{vf0=null}",
                "1",
                "[1]",
                "daemon.\"\".x=1"
            })
    void shouldNeverFailInAnotherWay(final String text) throws IOException {
        assertThat(problems(text)).isNotEmpty();
    }

    @Test
    void shouldNameMissingDevices() throws Exception {
        final Configuration configuration =
                read(
                        """
                        functions {
                          a { device = "0000:3b:01.0" }
                          b { device = "pf:ens1f0/0" }
                          c { device = "env:PCIDEVICE_VF" }
                          d { device = "vfio-user:/nonexistent/vf0.sock" }
                          e { device = "env:PCIDEVICE_X/1" }
                          f { device = "pf:ens2/4" }
                        }
                        """);
        Files.createDirectories(folder.resolve("sys/class/net/ens2/device"));
        final FunctionHost host =
                new FunctionHost(
                        folder.resolve("sys"),
                        Map.of("PCIDEVICE_X", "0000:3b:01.0"),
                        Simulators.NONE);
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> ConfigurationCheck.check(configuration, host))
                .satisfies(e -> assertThat(e.problems()).hasSize(6))
                .withMessageContaining("there is no PCI function 0000:3b:01.0")
                .withMessageContaining("there is no network device 'ens1f0'")
                .withMessageContaining("the environment variable PCIDEVICE_VF isn't set")
                .withMessageContaining("there is no socket /nonexistent/vf0.sock")
                .withMessageContaining("has no PCI address number 1")
                .withMessageContaining("ens2 has no VF 4; make some: echo 5 >");
    }

    @Test
    void shouldFindOneFunctionUnderTwoNames() throws Exception {
        final Path devices = Files.createDirectories(folder.resolve("sys/bus/pci/devices"));
        Files.createDirectories(devices.resolve("0000:3b:01.0"));
        final Path pf = Files.createDirectories(folder.resolve("sys/class/net/ens1f0/device"));
        Files.createSymbolicLink(pf.resolve("virtfn0"), Path.of("../0000:3b:01.0"));
        final FunctionHost host =
                new FunctionHost(
                        folder.resolve("sys"),
                        Map.of("PCIDEVICE_VF", "0000:3b:01.0"),
                        Simulators.NONE);
        ConfigurationCheck.check(read("functions { a { device = \"pf:ens1f0/0\" } }"), host);
        final Configuration twice =
                read(
                        """
                        functions {
                          a { device = "pf:ens1f0/0" }
                          b { device = "env:PCIDEVICE_VF" }
                        }
                        """);
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> ConfigurationCheck.check(twice, host))
                .withMessageContaining(
                        "functions.b.device: env:PCIDEVICE_VF/0 is vfio-pci:0000:3b:01.0, which"
                                + " belongs to functions.a.device already");
    }
}
