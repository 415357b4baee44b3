package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.HostAdministrator;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PromiscuousMode;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Linux's own iavf driver (6.12) in a guest through resets and what the host's administrator does.
 * One step builds on the other.
 */
@Tag("proof")
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinuxIavfResetTest {
    /** How the driver says that it has found out about a function-level reset. */
    private static final String RESET_FOUND = "Hardware reset detected";

    private LinuxPair pair;

    private static IntStream vlans() {
        return IntStream.of(100, 101, 102);
    }

    @BeforeAll
    void boot() throws Exception {
        Lab.need();
        pair =
                new LinuxPair(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.TYPICAL));
        pair.load();
        pair.connect();
        for (int vf = 0; vf < 2; vf++) {
            pair.addVlans(vf, vlans());
            pair.awaitVlans(vf, vlans());
        }
    }

    @AfterAll
    void shutDown() {
        if (pair != null) {
            pair.close();
        }
    }

    private HostAdministrator host() {
        return pair.functions().pf().host();
    }

    private void expectRecovery(final int vf, final int resetsBefore, final int from)
            throws InterruptedException {
        pair.awaitRecovery(vf, resetsBefore);
        pair.awaitVlans(vf, vlans());
        assertThat(pair.asked(vf, from))
                .containsSubsequence(
                        Opcode.GET_VF_RESOURCES,
                        Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                        Opcode.CONFIG_IRQ_MAP,
                        Opcode.ADD_ETH_ADDR,
                        Opcode.ADD_VLAN_V2,
                        Opcode.CONFIG_VSI_QUEUES,
                        Opcode.ENABLE_QUEUES,
                        Opcode.CONFIG_RSS_KEY,
                        Opcode.CONFIG_RSS_LUT);
    }

    private void expectTraffic() throws InterruptedException {
        pair.pingUntagged();
        pair.pingVlans(vlans());
    }

    @Test
    @Order(1)
    void shouldRecoverFromAFunctionLevelReset() throws InterruptedException {
        final int resets = pair.held(0).resets();
        final int from = pair.trace().size();
        pair.guest().run("echo 1 >/sys/bus/pci/devices/" + LinuxPair.PCI.get(0) + "/reset");
        expectRecovery(0, resets, from);
        expectTraffic();
    }

    @Test
    @Order(2)
    void shouldRecoverFromAResetOfThePf() throws Exception {
        final int[] resets = {pair.held(0).resets(), pair.held(1).resets()};
        final int from = pair.trace().size();
        ServedFunctions.await(host().resetPhysicalFunction());
        for (int vf = 0; vf < 2; vf++) {
            expectRecovery(vf, resets[vf], from);
        }
        expectTraffic();
    }

    @Test
    @Order(3)
    void shouldSeeTheLinkGoDownAndUp() throws Exception {
        final int from = pair.trace().size();
        ServedFunctions.await(host().portLink(false));
        pair.guest()
                .run(
                        "for i in $(seq 100); do ip -n a link show eth0 | grep -q NO-CARRIER &&"
                            + " exit 0; sleep 0.1; done; exit 1");
        ServedFunctions.await(host().portLink(true));
        for (int vf = 0; vf < 2; vf++) {
            pair.awaitUp(vf);
            pair.awaitVlans(vf, vlans());
            assertThat(pair.asked(vf, from)).isEmpty();
        }
        expectTraffic();
    }

    @Test
    @Order(4)
    void shouldGetMoreWhenTrusted() throws Exception {
        final int resets = pair.held(0).resets();
        final int from = pair.trace().size();
        ServedFunctions.await(host().trust(0, true));
        expectRecovery(0, resets, from);
        assertThat(pair.held(0).maxVlans()).isEqualTo(4096);
        pair.ip(0, "link set eth0 promisc on");
        final int both = PromiscuousMode.UNICAST | PromiscuousMode.MULTICAST;
        pair.await(0, held -> held.promiscuity() == both, "promiscuous");
        pair.ip(0, "link set eth0 promisc off");
        pair.await(0, held -> held.promiscuity() == 0, "no longer promiscuous");
        final int before = pair.held(0).resets();
        ServedFunctions.await(host().trust(0, false));
        expectRecovery(0, before, from);
        assertThat(pair.held(0).maxVlans()).isEqualTo(8);
        expectTraffic();
    }

    @Test
    @Order(5)
    void shouldWorkInAPortVlan() throws Exception {
        for (int vf = 0; vf < 2; vf++) {
            final int resets = pair.held(vf).resets();
            ServedFunctions.await(host().portVlan(vf, new PortVlan(0x8100, 7, 0)));
            pair.awaitRecovery(vf, resets);
            assertThat(pair.held(vf).vlans()).isEmpty();
        }
        pair.pingUntagged();
        for (int vf = 0; vf < 2; vf++) {
            final int resets = pair.held(vf).resets();
            ServedFunctions.await(host().portVlan(vf, null));
            pair.awaitRecovery(vf, resets);
        }
        pair.pingUntagged();
    }

    @Test
    @Order(6)
    void shouldLeaveNothingWhenUnboundAndBindAgain() throws InterruptedException {
        final String driver = "/sys/bus/pci/drivers/iavf/";
        pair.guest().run("echo " + LinuxPair.PCI.get(0) + " >" + driver + "unbind");
        pair.await(0, LinuxPair::isUntouched, "untouched");
        pair.guest().run("echo " + LinuxPair.PCI.get(0) + " >" + driver + "bind");
        pair.guest().run("while [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done");
        pair.move(0);
        pair.addVlans(0, vlans());
        pair.awaitVlans(0, vlans());
        // The other side's VLANs went with the port VLAN (docs/fidelity.md).
        pair.pingUntagged();
    }

    @Test
    @Order(7)
    void shouldLeaveNothingWhenTheModuleIsRemoved() throws InterruptedException {
        pair.guest().run("rmmod iavf");
        for (int vf = 0; vf < 2; vf++) {
            pair.await(vf, LinuxPair::isUntouched, "untouched");
        }
    }

    @Test
    @Order(8)
    void shouldHaveLeftNoTrouble() throws InterruptedException {
        assertThat(pair.trace().refusals()).isEmpty();
        pair.expectNoTrouble(List.of(RESET_FOUND));
    }
}
