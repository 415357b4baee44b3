package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

class EthernetSwitchTest {
    private static final MacAddress OUTSIDE = MacAddress.of("02:00:00:00:0f:ff");
    private static final MacAddress GROUP = MacAddress.of("01:00:5e:00:00:05");
    private static final int LPBK = 14;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver first = RingDriver.started(bridge, 1);
    private final RingDriver second = RingDriver.started(bridge, 2);
    private final RingDriver third = RingDriver.started(bridge, 3);
    private final List<byte[]> onWire = new ArrayList<>();

    @BeforeEach
    void listenToTheWire() {
        bridge.wire().attached(true);
        for (final RingDriver driver : List.of(first, second, third)) {
            driver.queues.doWork(0, 0);
        }
    }

    private List<byte[]> wire() {
        onWire.clear();
        bridge.wire()
                .receive(
                        (memory, offset, length) ->
                                onWire.add(
                                        memory.asSlice(offset, length)
                                                .toArray(ValueLayout.JAVA_BYTE)),
                        100);
        return onWire;
    }

    private boolean fromWire(final byte[] frame) {
        final MemorySegment memory = MemorySegment.ofArray(frame);
        final boolean sent = bridge.wire().send(memory, 0, frame.length);
        bridge.doWork(10);
        return sent;
    }

    @Test
    void shouldForwardUnicastToItsPortAloneAndMarkItAsLoopback() {
        final byte[] frame = first.frameTo(second.mac, 100);
        first.send(frame);

        final RingDriver.Received received = second.one();
        assertThat(received.frame()).isEqualTo(frame);
        assertThat(received.has(LPBK)).isTrue();
        assertThat(first.none()).isTrue();
        assertThat(third.none()).isTrue();
        assertThat(wire()).isEmpty();
    }

    @Test
    void shouldSendUnknownUnicastToTheUplinkOnly() {
        final byte[] frame = first.frameTo(OUTSIDE, 100);
        first.send(frame);

        assertThat(wire()).containsExactly(frame);
        assertThat(second.none()).isTrue();
        assertThat(third.none()).isTrue();
    }

    @Test
    void shouldPadShortFramesOnTheWireButNotBetweenPorts() {
        first.send(first.frameTo(OUTSIDE, 17));
        first.send(first.frameTo(second.mac, 17));

        assertThat(wire()).hasSize(1);
        assertThat(onWire.getFirst()).hasSize(60).endsWith(new byte[43]);
        assertThat(second.one().frame()).hasSize(17);
    }

    @Test
    void shouldReplicateBroadcastToAllOthersAndTheUplinkButNotBack() {
        final byte[] frame = first.frameTo(MacAddress.BROADCAST, 60);
        first.send(frame);

        assertThat(second.one().frame()).isEqualTo(frame);
        assertThat(third.one().frame()).isEqualTo(frame);
        assertThat(wire()).containsExactly(frame);
        assertThat(first.none()).isTrue();
        assertThat(second.port.counters().rxBroadcast()).isEqualTo(1);
        assertThat(first.port.counters().txBroadcast()).isEqualTo(1);
    }

    @Test
    void shouldKeepBroadcastFromPortsWithoutItsRule() {
        second.port.removeMac(MacAddress.BROADCAST);
        first.send(first.frameTo(MacAddress.BROADCAST, 60));

        assertThat(second.none()).isTrue();
        assertThat(third.one().frame()).hasSize(60);
    }

    @Test
    void shouldForwardMulticastToItsMembersAndThePromiscuous() {
        second.port.addMac(GROUP);
        first.send(first.frameTo(GROUP, 60));
        assertThat(second.one().frame()).hasSize(60);
        assertThat(third.none()).isTrue();
        assertThat(wire()).hasSize(1);

        third.port.promiscuousMulticast(true);
        first.send(first.frameTo(GROUP, 60));
        assertThat(second.one().frame()).hasSize(60);
        assertThat(third.one().frame()).hasSize(60);
        assertThat(third.port.counters().rxMulticast()).isEqualTo(1);
    }

    @Test
    void shouldNotReturnAFrameToItsSender() {
        first.port.promiscuousUnicast(true);
        first.port.promiscuousMulticast(true);
        first.port.defaultVsi(true);
        first.send(first.frameTo(first.mac, 60));
        first.send(first.frameTo(OUTSIDE, 60));
        first.send(first.frameTo(GROUP, 60));

        assertThat(first.none()).isTrue();
        assertThat(wire()).hasSize(2);
    }

    @Test
    void shouldLetInFramesFromTheWireWithoutLoopbackMark() {
        final byte[] frame = Frames.ethernet(second.mac, OUTSIDE, 0x88B5, 9728);
        final byte[] everyone = Frames.ethernet(MacAddress.BROADCAST, OUTSIDE, 0x88B5, 60);
        fromWire(frame);
        fromWire(everyone);

        second.receive();
        assertThat(second.received).hasSize(2);
        assertThat(second.received.get(0).frame()).isEqualTo(frame);
        assertThat(second.received.get(0).has(LPBK)).isFalse();
        assertThat(first.one().frame()).isEqualTo(everyone);
        assertThat(wire()).isEmpty();
    }

    @Test
    void shouldGiveUnclaimedUnicastToTheDefaultPortAndTheRestToNobody() {
        final byte[] frame = Frames.ethernet(OUTSIDE, GROUP, 0x88B5, 60);
        fromWire(frame);
        assertThat(first.none()).isTrue();

        second.port.defaultVsi(true);
        fromWire(frame);
        assertThat(second.one().frame()).isEqualTo(frame);
        first.send(first.frameTo(third.mac, 60));
        assertThat(second.none()).isTrue();
        assertThat(third.one().frame()).hasSize(60);
    }

    @Test
    void shouldCopyAllUnicastToAPromiscuousPort() {
        third.port.promiscuousUnicast(true);
        first.send(first.frameTo(second.mac, 60));
        first.send(first.frameTo(OUTSIDE, 61));

        assertThat(second.one().frame()).hasSize(60);
        third.receive();
        assertThat(third.received)
                .extracting(packet -> packet.frame().length)
                .containsExactly(60, 61);
        assertThat(wire()).hasSize(1);

        third.received.clear();
        third.port.promiscuousUnicast(false);
        first.send(first.frameTo(second.mac, 60));
        assertThat(third.none()).isTrue();
    }

    @Test
    void shouldForwardToAllPortsThatShareAnAddress() {
        third.port.addMac(second.mac);
        first.send(first.frameTo(second.mac, 60));
        assertThat(second.one().frame()).isEqualTo(third.one().frame());

        second.port.removeMac(second.mac);
        first.send(first.frameTo(second.mac, 60));
        assertThat(second.none()).isTrue();
        assertThat(third.one().frame()).hasSize(60);
    }

    @Test
    void shouldForgetTheRulesOfAPortThatIsReset() {
        second.port.addMac(GROUP);
        second.port.addVlan(Ethernet.TPID_8021Q, 5);
        second.port.reset();
        first.send(first.frameTo(second.mac, 60));
        first.send(first.frameTo(GROUP, 60));

        assertThat(second.none()).isTrue();
        assertThat(second.port.macCount()).isZero();
        assertThat(second.port.vlanCount()).isZero();
        assertThat(wire()).hasSize(2);
    }

    @Test
    void shouldPassNothingWhileALinkIsDown() {
        first.port.linkUp(false);
        first.send(first.frameTo(second.mac, 60));
        second.send(second.frameTo(first.mac, 60));
        assertThat(first.none()).isTrue();
        assertThat(second.none()).isTrue();
        assertThat(first.port.counters().drops(DropCause.TX_LINK_DOWN)).isEqualTo(1);
        assertThat(first.port.counters().txDiscards()).isEqualTo(1);
        assertThat(first.port.counters().drops(DropCause.RX_LINK_DOWN)).isEqualTo(1);

        bridge.wire().linkUp(false);
        assertThat(fromWire(Frames.ethernet(second.mac, OUTSIDE, 0x88B5, 60))).isFalse();
        second.send(second.frameTo(OUTSIDE, 60));
        assertThat(wire()).isEmpty();
        assertThat(bridge.wire().receivedLost()).isEqualTo(1);
        assertThat(bridge.wire().sentLost()).isEqualTo(1);
    }

    @Test
    void shouldServe256PortsAndRefuseAnother() {
        final EthernetSwitch large = new EthernetSwitch("pf1", false);
        final List<RingDriver> drivers = new ArrayList<>();
        for (int i = 1; i <= EthernetSwitch.MAX_PORTS; i++) {
            final RingDriver driver = new RingDriver(large, i, 1, 8, 256);
            driver.start(0, RxQueueContext.LEGACY);
            driver.queues.doWork(0, 0);
            drivers.add(driver);
        }
        final RingDriver last = drivers.getLast();
        last.send(last.frameTo(MacAddress.BROADCAST, 60));
        for (final RingDriver driver : drivers) {
            assertThat(driver.none()).isEqualTo(driver == last);
            driver.send(driver.frameTo(last.mac, 61));
            assertThat(last.none()).isEqualTo(driver == last);
        }
        assertThatThrownBy(() -> large.addPort("one too many"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("256");
    }
}
