package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.iavf.LifecycleState;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.ControlPath;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.driver.VirtioDriver;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A guest's network card as a port: its driver on one side, a VF of the simulated PF on the other,
 * everything between on one thread and under a virtual clock.
 */
class GuestPortTest extends GuestRig {
    private static int setTable(
            final VirtioDriver driver,
            final List<MacAddress> unicast,
            final List<MacAddress> multicast) {
        final ByteBuffer data =
                ByteBuffer.allocate(8 + 6 * (unicast.size() + multicast.size()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (final List<MacAddress> table : List.of(unicast, multicast)) {
            data.putInt(table.size());
            data.order(ByteOrder.BIG_ENDIAN);
            table.forEach(address -> put(data, address));
            data.order(ByteOrder.LITTLE_ENDIAN);
        }
        return driver.control().request(1, 0, data.array());
    }

    private static int setAddress(final VirtioDriver driver, final MacAddress address) {
        final ByteBuffer data = ByteBuffer.allocate(6);
        put(data, address);
        return driver.control().request(1, 1, data.array());
    }

    private static int setMode(final VirtioDriver driver, final int command, final boolean isOn) {
        return driver.control().request(0, command, (byte) (isOn ? 1 : 0));
    }

    @Test
    void shouldCarryAnAccessPortsFramesThroughItsVlan() {
        final MemoryPort port = serveRight(100);
        final VirtioDriver driver =
                serve(settings("vm", GUEST).access(100), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(vlans()).containsExactly(100);
        assertThat(held().macs()).contains(GUEST);

        driver.transmit(0, frame(MacAddress.BROADCAST, GUEST, 0, 7));
        system.run(200);
        assertThat(port.left()).containsExactly(7);
        port.arrive(GUEST, 0x0800, 8);
        system.run(200);
        final List<byte[]> received = driver.receive(0);
        assertThat(received).hasSize(1);
        assertThat(Arrays.copyOf(received.getFirst(), 12))
                .isEqualTo(Arrays.copyOf(frame(GUEST, system.mac(right), 0, 8), 12));
    }

    @Test
    void shouldMakeTheGuestsVlansFiltersOfTheFunction() {
        final MemoryPort port = serveRight(100);
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(vlans()).isEmpty();

        assertThat(driver.control().vlan(0, true)).as("8021q says it at every ifup").isEqualTo(0);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        assertThat(vlans()).containsExactly(100);
        assertThat(driver.control().vlan(99, true)).as("not allowed").isEqualTo(ControlPath.ERROR);

        driver.transmit(0, frame(MacAddress.BROADCAST, GUEST, 100, 7));
        driver.transmit(0, frame(MacAddress.BROADCAST, GUEST, 99, 6));
        system.run(200);
        assertThat(port.left()).containsExactly(7);
        port.arrive(GUEST, 0x0800, 8);
        system.run(200);
        final List<byte[]> received = driver.receive(0);
        assertThat(received).hasSize(1);
        assertThat(received.getFirst()[12]).isEqualTo((byte) 0x81);
        assertThat(received.getFirst()[15]).isEqualTo((byte) 100);

        for (int vlan = 101; vlan <= 107; vlan++) {
            assertThat(driver.control().vlan(vlan, true)).isEqualTo(ControlPath.OK);
        }
        assertThat(driver.control().vlan(108, true))
                .as("the PF lets a VF that it doesn't trust have eight")
                .isEqualTo(ControlPath.ERROR);
        assertThat(driver.control().vlan(103, false)).isEqualTo(ControlPath.OK);
        assertThat(driver.control().vlan(108, true)).isEqualTo(ControlPath.OK);
        assertThat(vlans()).containsExactly(100, 101, 102, 104, 105, 106, 107, 108);

        driver.status(0);
        system.run(2000);
        assertThat(vlans()).as("a reset of the guest takes its VLANs along").isEmpty();
        driver.initialize(FULL);
        assertThat(driver.control().vlan(110, true)).isEqualTo(ControlPath.OK);
        assertThat(vlans()).containsExactly(110);
    }

    @Test
    void shouldLeaveAloneWhatOthersWant() {
        system.await(left.addVlans(VlanSet.of(100, 101)));
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        assertThat(driver.control().vlan(100, false)).isEqualTo(ControlPath.OK);
        system.run(2000);
        assertThat(vlans()).containsExactly(100, 101);
    }

    @Test
    void shouldGiveAllItsVlansToADriverThatCannotAsk() {
        serve(settings("vm", GUEST).trunk(VlanSet.range(100, 103)), PLAIN);
        system.run(2000);
        assertThat(vlans()).containsExactly(100, 101, 102, 103);
    }

    @Test
    void shouldTellTheGuestThatThePfHasNotAnsweredAndWantTheVlanNoLonger() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        onAddVlan = new Fault.LoseRequest();
        assertThat(driver.control().vlan(101, true)).isEqualTo(ControlPath.ERROR);
        onAddVlan = null;
        system.run(200_000);
        assertThat(vlans()).containsExactly(100);
        assertThat(driver.control().vlan(102, true)).isEqualTo(ControlPath.OK);
        system.run(200_000);
        assertThat(vlans()).containsExactly(100, 102);
    }

    @Test
    void shouldHaveTheGuestsVlansBackAfterAReset() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        system.reset(left);
        system.run(2000);
        assertThat(vlans()).containsExactly(100);
        assertThat(held().macs()).contains(GUEST);
        driver.assertStatusIsGood();
    }

    @Test
    void shouldListenToTheGroupsOfTheGuest() {
        final MacAddress group = MacAddress.of("33:33:00:00:00:01");
        final MacAddress next = MacAddress.of("01:00:5e:00:00:01");
        final VirtioDriver driver = serve(settings("vm", GUEST), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setTable(driver, List.of(), List.of(group))).isEqualTo(ControlPath.OK);
        assertThat(held().macs()).contains(GUEST, group);
        assertThat(setTable(driver, List.of(), List.of(next, MacAddress.BROADCAST)))
                .isEqualTo(ControlPath.OK);
        system.run(2000);
        assertThat(held().macs()).contains(GUEST, next).doesNotContain(group);

        final List<MacAddress> tooMany = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tooMany.add(new MacAddress(0x3333_0000_0100L + i));
        }
        assertThat(setTable(driver, List.of(), tooMany))
                .as("the PF lets a VF that it doesn't trust have 18")
                .isEqualTo(ControlPath.ERROR);
        system.run(20_000);
        assertThat(held().macs()).contains(GUEST, next).doesNotContainAnyElementsOf(tooMany);
        driver.status(0);
        system.run(2000);
        assertThat(held().macs()).contains(GUEST).doesNotContain(next);
    }

    @Test
    void shouldLetOnlyATrustedGuestConcernOthers() {
        final VirtioDriver driver = serve(settings("vm", GUEST), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setTable(driver, List.of(OTHER), List.of())).isEqualTo(ControlPath.ERROR);
        assertThat(setAddress(driver, OTHER)).isEqualTo(ControlPath.ERROR);
        assertThat(setAddress(driver, GUEST)).as("its own").isEqualTo(ControlPath.OK);
        assertThat(setMode(driver, 0, true)).as("promiscuous").isEqualTo(ControlPath.ERROR);
        assertThat(setMode(driver, 0, false)).isEqualTo(ControlPath.OK);
        final MemoryPort port = serveRight(0);
        driver.transmit(0, frame(system.mac(right), OTHER, 0, 1));
        driver.transmit(0, frame(system.mac(right), GUEST, 0, 2));
        system.run(200);
        assertThat(port.left()).containsExactly(2);
    }

    @Test
    void shouldChangeTheAddressOfATrustedGuest() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trusted(true), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setAddress(driver, OTHER)).isEqualTo(ControlPath.OK);
        system.run(2000);
        assertThat(held().macs()).contains(OTHER).doesNotContain(GUEST);
        assertThat(setTable(driver, List.of(GUEST), List.of())).isEqualTo(ControlPath.OK);
        assertThat(held().macs()).contains(OTHER, GUEST);
        driver.status(0);
        system.run(2000);
        assertThat(held().macs()).contains(GUEST).doesNotContain(OTHER);
    }

    @Test
    void shouldBePromiscuousIfThePfTrustsTheFunction() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trusted(true), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setMode(driver, 0, true))
                .as("the PF says yes to a VF that it doesn't trust, and does nothing")
                .isEqualTo(ControlPath.ERROR);
        system.await(system.simulator().host().trust(0, true).toCompletableFuture());
        system.run(20_000);
        assertThat(setMode(driver, 0, true)).isEqualTo(ControlPath.OK);
        system.run(2000);
        assertThat(held().promiscuity()).isEqualTo(3);
        driver.status(0);
        system.run(2000);
        assertThat(held().promiscuity()).isZero();
    }

    @Test
    void shouldServeSeveralGuestsOfOneFunction() {
        final GuestPort first = settings("first", GUEST).access(100);
        final GuestPort second = settings("second", OTHER).access(100);
        up(left, first, second);
        final VirtioDriver one = boot(first, FULL & ~Feature.CTRL_VLAN.mask());
        final VirtioDriver two = boot(second, FULL & ~Feature.CTRL_VLAN.mask());
        one.transmit(0, frame(OTHER, GUEST, 0, 7));
        system.run(200);
        assertThat(two.receive(0)).hasSize(1);

        system.await(left.ports(List.of()));
        system.run(20_000);
        assertThat(vlans()).isEmpty();
        assertThat(held().macs()).doesNotContain(GUEST, OTHER);
    }

    /** Its firmware is served while the function is down, and sees the link come and go. */
    @Test
    void shouldServeAGuestWithoutANetwork() {
        final GuestPort settings = settings("vm", GUEST);
        system.await(left.ports(List.of(system.await(daemon.guestPort(left, settings)))));
        final VirtioDriver driver = boot(settings, FULL & ~Feature.CTRL_VLAN.mask());
        driver.assertStatusIsGood();
        left.up();
        system.await(left.state(LifecycleState.UP));
        system.await(system.simulator().host().portLink(false).toCompletableFuture());
        system.run(20_000);
        assertThat(driver.configuration(6, 2)).isZero();
        system.await(system.simulator().host().portLink(true).toCompletableFuture());
        system.run(20_000);
        assertThat(driver.configuration(6, 2)).isEqualTo(1);
        assertThat(driver.interrupts(0)).isPositive();
    }

    @Test
    void shouldDropWhatAGuestAskedBeforeItsReset() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        for (int i = 0; i < 50; i++) {
            driver.control().send(2, 0, (byte) (100 + i % 8), (byte) 0);
            system.run(i);
            driver.status(0);
            driver.initialize(FULL);
        }
        system.run(20_000);
        assertThat(vlans()).isEmpty();
    }

    @Test
    void shouldServeAFrontEndOfVhostUser() {
        final MemoryPort port = serveRight(100);
        final UnixAddress address = new UnixAddress(folder.resolve("vhost.sock").toString());
        final GuestPort settings =
                GuestPort.of(GuestPort.Kind.VHOST_USER_SERVER, "vm", address, GUEST)
                        .trunk(VlanSet.range(100, 103));
        up(left, settings);
        try (VhostFrontEnd guest =
                new VhostFrontEnd(
                        UnixSocket.connect(UnixSocket.Kind.STREAM, address), daemon::doWork)) {
            guest.initialize(
                    Feature.maskOf(Feature.VERSION_1, Feature.MRG_RXBUF),
                    1,
                    VhostFrontEnd.Order.QEMU);
            system.run(2000);
            assertThat(vlans()).as("its driver can't ask").containsExactly(100, 101, 102, 103);
            assertThat(guest.transmit(0, frame(MacAddress.BROADCAST, GUEST, 100, 7))).isTrue();
            system.run(200);
            assertThat(port.left()).containsExactly(7);
            port.arrive(GUEST, 0x0800, 8);
            system.run(200);
            assertThat(guest.receive(0)).hasSize(1);
        }
        system.run(20_000);
        assertThat(vlans()).isEmpty();
    }

    @Test
    void shouldNameWhatIsWrongWithItsSettings() {
        assertThatThrownBy(() -> settings("vm", GUEST).queuePairs(17))
                .hasMessage("vm: queue pairs 17, must be 1 to 16");
        assertThatThrownBy(() -> settings("vm", GUEST).access(4095))
                .hasMessage("port 'vm': VLAN 4095; use 1 to 4094, or 0 for untagged packets");
        final GuestPort settings = settings("vm", GUEST);
        system.await(left.ports(List.of(system.await(daemon.guestPort(left, settings)))));
        final CompletableFuture<PortBinding> taken = daemon.guestPort(left, settings);
        system.run(10);
        assertThat(taken).isCompletedExceptionally();
    }
}
