package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.DropCause;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.VfPhase;
import dev.javf.sim.VfSnapshot;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Linux's own iavf driver (6.12) in a guest, on two VFs of the simulated PF: what people do with a
 * network device. After each step the PF's tables are looked at. One step builds on the other.
 */
@Tag("proof")
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinuxIavfTest {
    /** How the driver says that it refuses a ninth VLAN. */
    private static final String FULL = "Max allowed VLAN filters 8";

    private LinuxPair pair;

    private static IntStream eight() {
        return IntStream.range(100, 108);
    }

    @BeforeAll
    void boot() throws IOException, InterruptedException {
        Lab.need();
        pair =
                new LinuxPair(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.TYPICAL));
    }

    @AfterAll
    void shutDown() {
        if (pair != null) {
            pair.close();
        }
    }

    @Test
    @Order(1)
    void shouldBind() throws InterruptedException {
        pair.load();
        for (int vf = 0; vf < 2; vf++) {
            pair.await(vf, held -> held.vlanOffloads().innerStripping() == 0x8100, "configured");
            assertThat(pair.held(vf).phase()).isEqualTo(VfPhase.ACTIVE);
            assertThat(pair.held(vf).rssKey()).isNotNull();
            assertThat(pair.held(vf).rssLut()).isNotNull();
            assertThat(pair.held(vf).maxVlans()).isEqualTo(8);
            assertThat(pair.asked(vf, 0))
                    .startsWith(
                            Opcode.VERSION,
                            Opcode.GET_VF_RESOURCES,
                            Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                            Opcode.CONFIG_IRQ_MAP,
                            Opcode.CONFIG_RSS_KEY,
                            Opcode.CONFIG_RSS_LUT,
                            Opcode.ENABLE_VLAN_STRIPPING_V2,
                            Opcode.ENABLE_VLAN_INSERTION_V2);
        }
    }

    @Test
    @Order(2)
    void shouldComeUpAndReachTheOther() throws InterruptedException {
        final int from = pair.trace().size();
        pair.connect();
        for (int vf = 0; vf < 2; vf++) {
            pair.awaitMac(vf);
            final VfSnapshot held = pair.held(vf);
            assertThat(held.rxQueues()).isEqualTo(0b11);
            assertThat(held.txQueues()).isEqualTo(0b11);
            assertThat(held.defaultMac()).isEqualTo(pair.mac(vf));
            assertThat(pair.asked(vf, from))
                    .startsWith(
                            Opcode.ADD_ETH_ADDR, Opcode.CONFIG_VSI_QUEUES, Opcode.ENABLE_QUEUES);
        }
        pair.pingUntagged();
    }

    @Test
    @Order(3)
    void shouldReachTheOtherInEightVlans() throws InterruptedException {
        for (int vf = 0; vf < 2; vf++) {
            pair.addVlans(vf, eight());
            pair.awaitVlans(vf, eight());
        }
        pair.pingVlans(eight());
        // The ninth is refused by the driver, which knows the PF's limit.
        final Guest.Result ninth =
                pair.guest().attempt("ip -n a link add link eth0 name x type vlan id 108");
        assertThat(ninth.status()).isNotZero();
        assertThat(ninth.output()).contains("Input/output error");
        pair.awaitVlans(0, eight());
    }

    @Test
    @Order(4)
    void shouldCarryJumboFrames() throws InterruptedException {
        for (int vf = 0; vf < 2; vf++) {
            final int from = pair.trace().size();
            final int resets = pair.held(vf).resets();
            pair.ip(vf, "link set " + LinuxPair.device(vf) + " mtu 9000");
            pair.awaitRecovery(vf, resets);
            pair.awaitVlans(vf, eight());
            // Stripping and insertion aren't asked for again; insertion works nevertheless.
            assertThat(pair.asked(vf, from))
                    .startsWith(
                            Opcode.RESET_VF,
                            Opcode.GET_VF_RESOURCES,
                            Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                            Opcode.CONFIG_IRQ_MAP,
                            Opcode.ADD_ETH_ADDR,
                            Opcode.ADD_VLAN_V2,
                            Opcode.CONFIG_VSI_QUEUES,
                            Opcode.ENABLE_QUEUES)
                    .doesNotContain(
                            Opcode.ENABLE_VLAN_STRIPPING_V2, Opcode.ENABLE_VLAN_INSERTION_V2);
        }
        pair.in(0, "ping -q -c 2 -i 0.2 -w 15 -s 8900 -M do 10.1.0.2");
        pair.pingVlans(eight());
    }

    @Test
    @Order(5)
    void shouldShowTheDevicesStatistics() throws InterruptedException {
        final String statistics = pair.in(0, "ethtool -S eth0");
        assertThat(statistics).containsPattern("rx_unicast: [1-9]");
        assertThat(statistics).containsPattern("tx_unicast: [1-9]");
        assertThat(statistics).contains("tx_errors: 0\n");
    }

    @Test
    @Order(6)
    void shouldChangeItsChannels() throws InterruptedException {
        final int resets = pair.held(0).resets();
        pair.in(0, "ethtool -L eth0 combined 4");
        pair.awaitRecovery(0, resets);
        assertThat(pair.held(0).rxQueues()).isEqualTo(0b1111);
        assertThat(pair.held(0).txQueues()).isEqualTo(0b1111);
        pair.awaitVlans(0, eight());
        pair.pingUntagged();
        pair.pingVlans(eight());
    }

    @Test
    @Order(7)
    void shouldCarryTcp() throws InterruptedException {
        final long before = pair.counters(1).rxBytes();
        pair.in(1, "iperf3 -s -D -1");
        pair.in(0, "sh -c 'sleep 1; iperf3 -c 10.1.0.2 -t 3'");
        assertThat(pair.counters(1).rxBytes() - before).isGreaterThan(1_000_000);
    }

    @Test
    @Order(8)
    void shouldAskForPromiscuityInVainWhenNotTrusted() throws InterruptedException {
        // An untrusted VF's wish has no effect, and no error.
        pair.ip(0, "link set eth0 promisc on");
        pair.guest().run("sleep 2.5");
        assertThat(pair.held(0).promiscuity()).isZero();
        pair.ip(0, "link set eth0 promisc off");
        assertThat(pair.asked(0, 0)).contains(Opcode.CONFIG_PROMISCUOUS_MODE);
    }

    @Test
    @Order(9)
    void shouldGoDownAndUpWithoutTouchingVlans() throws InterruptedException {
        final int from = pair.trace().size();
        pair.ip(0, "link set eth0 down");
        pair.await(0, held -> held.rxQueues().signum() + held.txQueues().signum() == 0, "down");
        assertThat(pair.held(0).isLinkUp()).isFalse();
        pair.awaitVlans(0, eight());
        pair.ip(0, "link set eth0 up");
        pair.awaitUp(0);
        pair.awaitMac(0);
        pair.awaitVlans(0, eight());
        assertThat(pair.asked(0, from)).doesNotContain(Opcode.ADD_VLAN_V2, Opcode.DEL_VLAN_V2);
        pair.pingUntagged();
    }

    @Test
    @Order(10)
    void shouldHaveLeftNoTrouble() throws InterruptedException {
        for (int vf = 0; vf < 2; vf++) {
            assertThat(pair.counters(vf).malformed()).isZero();
            assertThat(pair.counters(vf).drops(DropCause.TX_SOURCE_ADDRESS)).isZero();
        }
        assertThat(pair.trace().refusals()).isEmpty();
        pair.expectNoTrouble(List.of(FULL));
    }
}
