package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.FunctionHost;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.config.Configuration;
import dev.javf.daemon.config.ConfigurationReader;
import dev.javf.daemon.guest.ServedFunctions;
import dev.javf.daemon.suite.Traffic;
import dev.javf.iavf.LifecycleState;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VlanKey;
import dev.javf.testing.Awaiting;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** A function whose device is pulled out while the daemon runs, and comes back. */
class LostDeviceTest {
    private static final VlanSet TRAFFIC = VlanSet.of(100);

    @TempDir private Path folder;

    private ServedFunctions served;
    private Service service;
    private MetricsServer metrics;

    @BeforeEach
    void launch() throws Exception {
        plugIn();
        final Path file =
                Files.writeString(
                        folder.resolve("javf.conf"),
                        """
                        daemon.packet-buffers = 8192
                        functions {
                          left { device = "sim:0/0", vlans = "100" }
                          right { device = "sim:0/1", vlans = "100" }
                          pulled { device = "vfio-user:FOLDER/vf0.sock", vlans = "200-201" }
                        }
                        ports.app { kind = ring, function = pulled, vlan = 202, socket = "FOLDER/app.sock" }
                        metrics.listen = "127.0.0.1:0"
                        control.socket = "FOLDER/control.sock"
                        """
                                .replace("FOLDER", folder.toString()));
        final Configuration configuration = ConfigurationReader.read(file);
        service = Service.launch(file, configuration, FunctionHost.system());
        metrics =
                new MetricsServer(
                        Objects.requireNonNull(configuration.metrics().listen()), service);
        until("everything up", () -> service.health().isReady());
    }

    @AfterEach
    void close() {
        metrics.close();
        service.close();
        served.close();
    }

    private void plugIn() {
        served =
                new ServedFunctions(
                        new SimulatedPhysicalFunctionContext().virtualFunctions(1), folder);
    }

    /** As the control thread does, which isn't there. */
    private void until(final String what, final Awaiting.Question<Boolean, Exception> condition)
            throws Exception {
        Awaiting.until(
                what,
                () -> {
                    service.functions().forEach(ServiceFunction::refresh);
                    return condition.ask();
                });
    }

    private ServiceFunction function(final String name) {
        return service.functions().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private FunctionSnapshot now(final String name) {
        return function(name).freshSnapshot().join();
    }

    private String scrape() throws IOException {
        try (InputStream in =
                URI.create("http:/" + metrics.address() + "/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Traffic traffic() {
        final List<MacAddress> macs =
                List.of(
                        Objects.requireNonNull(now("left").mac()),
                        Objects.requireNonNull(now("right").mac()));
        final Traffic traffic =
                new Traffic(service.packetPools().getFirst(), service.clock(), TRAFFIC, macs);
        traffic.outageBegins();
        function("left").bind(traffic.ports(0)).join();
        function("right").bind(traffic.ports(1)).join();
        traffic.outageEnds();
        return traffic;
    }

    @Test
    void shouldLeaveTheOthersAloneAndTakeItUpAgainWithAllThatIsWanted() throws Exception {
        final Traffic traffic = traffic();
        until("frames between the others", traffic::isServed);
        assertThat(function("pulled").addVlans(VlanSet.of(300)).join()).isEmpty();
        final List<PortBinding> ports =
                function("pulled").ports().stream().map(ServicePort::binding).toList();

        served.close();
        until("the loss", () -> !function("pulled").missing().isEmpty());
        until("what was left of it closed", () -> now("pulled").state() == LifecycleState.CLOSED);
        assertThat(service.health().level()).isEqualTo(Health.Level.FAILED);
        assertThat(service.health().isReady()).isFalse();
        assertThat(service.health().reasons()).anyMatch(reason -> reason.startsWith("pulled is "));
        assertThat(scrape())
                .containsPattern("javf_up\\{[^}]*device=\"pulled\"[^}]*} 0")
                .containsPattern("javf_carrier\\{[^}]*device=\"pulled\"[^}]*} 0")
                .containsPattern("javf_up\\{[^}]*device=\"left\"[^}]*} 1");
        assertThat(now("left").state()).isEqualTo(LifecycleState.UP);
        until("a try in vain", () -> function("pulled").missing().contains("can't be opened"));

        plugIn();
        until("everything up again", () -> service.health().isReady());
        assertThat(function("pulled").missing()).isEmpty();
        assertThat(function("pulled").ports().stream().map(ServicePort::binding).toList())
                .as("the same ports")
                .isEqualTo(ports);
        final VlanSet wanted = VlanSet.parse("200-202,300");
        until("its VLANs", () -> now("pulled").acknowledged().equals(wanted));
        assertThat(served.vf(0).snapshot().vlans())
                .extracting(VlanKey::vlanId)
                .containsExactlyInAnyOrder(200, 201, 202, 300);
        assertThat(service.health().level()).isEqualTo(Health.Level.OK);

        assertThat(traffic.isServed()).isTrue();
        traffic.stop();
        until("the last frames", traffic::isQuiet);
        assertThat(traffic.trouble()).as("of the others").isEmpty();
        assertThat(service.errorCount()).isZero();
    }

    @Test
    void shouldGiveItBackWhenTheSystemWantsItAndTakeItAgain() throws Exception {
        served.requestRelease(0);
        until("the loss", () -> !function("pulled").missing().isEmpty());
        assertThat(function("pulled").missing()).isEqualTo("the system wanted its device back");
        until("nothing at the PF", () -> served.vf(0).snapshot().vlans().isEmpty());
        until("everything up again", () -> service.health().isReady());
        until("its VLANs", () -> now("pulled").acknowledged().equals(VlanSet.range(200, 202)));
        assertThat(service.errorCount()).isZero();
    }
}
