package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.Test;

import java.util.List;

/** MAC rules forward, VLAN rules prune and, with the spoof check, limit what is sent. */
class SwitchVlanTest {
    private static final int TPID = Ethernet.TPID_8021Q;

    private EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private RingDriver first = RingDriver.started(bridge, 1);
    private RingDriver second = RingDriver.started(bridge, 2);

    private void useDoubleVlanMode() {
        bridge = new EthernetSwitch("pf1", true);
        first = RingDriver.started(bridge, 1);
        second = RingDriver.started(bridge, 2);
        wake();
    }

    private void wake() {
        for (final RingDriver driver : List.of(first, second)) {
            driver.queues.doWork(0, 0);
        }
    }

    @Test
    void shouldDeliverForeignVlansWhilePruningIsOff() {
        wake();
        final byte[] frame = first.taggedTo(second.mac, 100, 80);
        first.send(frame);
        assertThat(second.one().frame()).isEqualTo(frame);
    }

    @Test
    void shouldDropForeignVlansWhilePruningIsOn() {
        wake();
        second.port.rxVlanPruning(true);
        second.port.addVlan(TPID, 100);
        first.send(first.taggedTo(second.mac, 101, 80));
        first.send(first.taggedTo(MacAddress.BROADCAST, 101, 80));
        assertThat(second.none()).isTrue();
        assertThat(second.port.counters().drops(DropCause.RX_VLAN_PRUNED)).isEqualTo(2);
        assertThat(second.port.counters().rxDiscards()).isZero();

        first.send(first.taggedTo(second.mac, 100, 80));
        first.send(first.frameTo(second.mac, 80));
        first.send(first.taggedTo(second.mac, 5 << 13, 80));
        second.receive();
        assertThat(second.received).hasSize(3);

        second.received.clear();
        second.port.removeVlan(TPID, 100);
        second.port.removeVlan(0, 0);
        first.send(first.taggedTo(second.mac, 100, 80));
        first.send(first.frameTo(second.mac, 80));
        assertThat(second.none()).isTrue();
    }

    @Test
    void shouldPruneByTpidInDoubleVlanMode() {
        useDoubleVlanMode();
        second.port.rxVlanPruning(true);
        second.port.addVlan(Ethernet.TPID_8021AD, 100);
        final byte[] plain = first.frameTo(second.mac, 60);
        first.send(Frames.tagged(plain, TPID, 100));
        first.send(Frames.tagged(plain, TPID, 0));
        assertThat(second.none()).isTrue();

        second.port.addVlan(TPID, 0);
        first.send(Frames.tagged(plain, Ethernet.TPID_8021AD, 100));
        first.send(Frames.tagged(Frames.tagged(plain, TPID, 7), Ethernet.TPID_8021AD, 100));
        first.send(Frames.tagged(plain, TPID, 0));
        first.send(Frames.tagged(Frames.tagged(plain, Ethernet.TPID_8021AD, 100), TPID, 7));
        second.receive();
        assertThat(second.received).hasSize(3);
    }

    @Test
    void shouldTakeOtherTpidsForUntaggedInSingleVlanMode() {
        wake();
        second.port.rxVlanPruning(true);
        final byte[] frame =
                Frames.tagged(first.frameTo(second.mac, 60), Ethernet.TPID_8021AD, 100);
        first.send(frame);
        assertThat(second.one().frame()).isEqualTo(frame);
    }

    @Test
    void shouldDropForgedSourceAddresses() {
        wake();
        first.port.macSpoofCheck(true);
        final byte[] forged = Frames.ethernet(second.mac, second.mac, 0x88B5, 60);
        first.send(forged);
        assertThat(second.none()).isTrue();
        assertThat(first.port.counters().drops(DropCause.TX_SOURCE_ADDRESS)).isEqualTo(1);
        assertThat(first.port.counters().txErrors()).isEqualTo(1);
        assertThat(first.port.counters().txUnicast()).isZero();
        assertThat(first.txType(0, 0)).as("done all the same").isEqualTo(0xF);

        first.port.addMac(second.mac);
        first.send(forged);
        assertThat(second.one().frame()).isEqualTo(forged);

        first.port.removeMac(second.mac);
        first.port.macSpoofCheck(false);
        first.send(forged);
        assertThat(second.one().frame()).isEqualTo(forged);
    }

    @Test
    void shouldSendInstalledVlansOnlyWhileTxFilteringIsOn() {
        wake();
        first.send(first.taggedTo(second.mac, 100, 80));
        assertThat(second.one().frame()).hasSize(80);

        first.port.txVlanFiltering(true);
        first.port.addVlan(TPID, 100);
        first.send(first.taggedTo(second.mac, 101, 80));
        first.enqueue(0, first.frameTo(second.mac, 80), RingDriver.IL2TAG1, 101);
        first.doorbell(0);
        first.queues.doWork(0, 64);
        assertThat(second.none()).isTrue();
        assertThat(first.port.counters().drops(DropCause.TX_VLAN)).isEqualTo(2);

        first.send(first.taggedTo(second.mac, 100, 80));
        first.send(first.frameTo(second.mac, 80));
        second.receive();
        assertThat(second.received).hasSize(2);
    }

    @Test
    void shouldInsertAndStripThePortVlan() {
        first.port.portVlan(TPID, 300, 5);
        second.port.portVlan(TPID, 300, 0);
        final RingDriver third = RingDriver.started(bridge, 3);
        final RingDriver fourth = RingDriver.started(bridge, 4);
        third.port.rxVlanPruning(true);
        wake();
        third.queues.doWork(0, 0);
        fourth.queues.doWork(0, 0);
        final byte[] frame = first.frameTo(MacAddress.BROADCAST, 60);
        first.send(frame);

        assertThat(second.one().frame()).isEqualTo(frame);
        assertThat(third.none()).isTrue();
        assertThat(fourth.one().frame()).isEqualTo(Frames.tagged(frame, TPID, 5 << 13 | 300));
        assertThat(first.port.counters().txBytes()).isEqualTo(64);

        fourth.send(fourth.frameTo(second.mac, 60));
        fourth.send(fourth.taggedTo(second.mac, 301, 64));
        assertThat(second.none()).isTrue();
        assertThat(second.port.counters().drops(DropCause.RX_VLAN_PRUNED)).isEqualTo(2);
        fourth.send(fourth.taggedTo(second.mac, 7 << 13 | 300, 64));
        assertThat(second.one().frame()).isEqualTo(fourth.frameTo(second.mac, 60));
    }

    @Test
    void shouldDropOrCarryOwnTagsOnAPortVlan() {
        first.port.portVlan(TPID, 300, 0);
        wake();
        first.send(first.taggedTo(second.mac, 5, 64));
        assertThat(second.none()).isTrue();
        assertThat(first.port.counters().drops(DropCause.TX_TAG_ON_PORT_VLAN)).isEqualTo(1);

        useDoubleVlanMode();
        first.port.portVlan(Ethernet.TPID_8021AD, 300, 0);
        final byte[] frame = first.taggedTo(second.mac, 5, 64);
        first.send(frame);
        assertThat(second.one().frame()).isEqualTo(Frames.tagged(frame, Ethernet.TPID_8021AD, 300));

        second.port.portVlan(Ethernet.TPID_8021AD, 300, 0);
        first.send(frame);
        assertThat(second.one().frame()).isEqualTo(frame);
        second.queues.vlanOffloads().innerStripping(true);
        first.send(frame);
        final RingDriver.Received stripped = second.one();
        assertThat(stripped.frame()).isEqualTo(first.frameTo(second.mac, 60));
        assertThat(stripped.legacyTag1()).isEqualTo(5);
    }

    @Test
    void shouldLeaveThePortVlan() {
        first.port.portVlan(TPID, 300, 0);
        first.port.clearPortVlan();
        wake();
        first.send(first.frameTo(second.mac, 60));
        assertThat(second.one().frame()).hasSize(60);
        assertThat(first.port.hasPortVlan()).isFalse();
    }

    @Test
    void shouldRefuseRulesThatCanNotBe() {
        assertThatThrownBy(() -> first.port.addVlan(TPID, 4096)).hasMessageContaining("VLAN 4096");
        assertThatThrownBy(() -> first.port.addVlan(0, 1)).hasMessageContaining("TPID 0x0");
        assertThatThrownBy(() -> first.port.addVlan(0x9200, 1)).hasMessageContaining("TPID 0x9200");
        assertThatThrownBy(() -> first.port.portVlan(TPID, 4095, 0))
                .hasMessageContaining("port VLAN 4095");
        assertThatThrownBy(() -> first.port.portVlan(TPID, 1, 8))
                .hasMessageContaining("priority 8");
    }

    @Test
    void shouldCountRulesOnce() {
        assertThat(first.port.addVlan(TPID, 7)).isTrue();
        assertThat(first.port.addVlan(TPID, 7)).isFalse();
        assertThat(first.port.vlanCount()).isEqualTo(2);
        assertThat(first.port.hasVlan(TPID, 7)).isTrue();
        assertThat(first.port.removeVlan(TPID, 7)).isTrue();
        assertThat(first.port.removeVlan(TPID, 7)).isFalse();
        assertThat(first.port.addMac(first.mac)).isFalse();
        assertThat(first.port.removeMac(second.mac)).isFalse();
        assertThat(first.port.hasMac(first.mac)).isTrue();
    }
}
