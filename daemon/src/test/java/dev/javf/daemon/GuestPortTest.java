package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.iavf.LifecycleState;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.Fault;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.vfio.InProcessDoor;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.ControlPath;
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.driver.VirtioDriver;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A guest's network card as a port: its driver on one side, a VF of the simulated PF on the other,
 * everything between on one thread and under a virtual clock.
 */
class GuestPortTest {
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int GUEST_BYTES = 16 << 20;
    private static final MacAddress GUEST = MacAddress.of("02:00:00:00:01:01");
    private static final MacAddress OTHER = MacAddress.of("02:00:00:00:01:02");
    private static final long PLAIN =
            Feature.maskOf(
                    Feature.VERSION_1, Feature.MAC, Feature.STATUS, Feature.MRG_RXBUF, Feature.MTU);
    private static final long FULL =
            PLAIN
                    | Feature.maskOf(
                            Feature.CTRL_VQ,
                            Feature.CTRL_RX,
                            Feature.CTRL_VLAN,
                            Feature.CTRL_MAC_ADDR,
                            Feature.MQ);

    @TempDir private Path folder;
    private long nowNs = 1;

    /** What the PF does with every message for adding VLANs. */
    private @Nullable Fault onAddVlan;

    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .nanoClock(() -> nowNs)
                            .faultPlan((vf, opcode, now) ->
                                    opcode == Opcode.ADD_VLAN_V2.code() ? onAddVlan : null)
                            .delays(SimulatedDelays.TYPICAL));
    private Javfd daemon;
    private FunctionClient left;
    private FunctionClient right;
    private final List<AutoCloseable> guests = new ArrayList<>();

    @BeforeEach
    void launch() {
        daemon =
                Javfd.launch(
                        new Javfd.Context()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .simulator(simulator)
                                .device(new InProcessDoor(simulator.virtualFunction(0)))
                                .device(new InProcessDoor(simulator.virtualFunction(1))));
        left = daemon.function("sim:0/0");
        right = daemon.function("sim:0/1");
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
    }

    @AfterEach
    void close() throws Exception {
        final PacketPool pool = daemon.packetPool();
        for (final AutoCloseable guest : guests) {
            guest.close();
        }
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        assertThat(pool.available()).as("every buffer came back").isEqualTo(pool.capacity());
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            assertThat(function.dma().faults()).isEmpty();
        }
        simulator.close();
    }

    private <T> T await(final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }

    private void run(final int cycles) {
        for (int i = 0; i < cycles; i++) {
            daemon.doWork();
        }
    }

    private VfSnapshot held() {
        return simulator.virtualFunction(0).snapshot();
    }

    private List<Integer> vlans() {
        return held().vlans().stream().map(VlanKey::vlanId).sorted().collect(Collectors.toList());
    }

    private GuestPort settings(final String name, final MacAddress mac) {
        return GuestPort.of(
                GuestPort.Kind.VFIO_USER,
                name,
                new UnixAddress(folder.resolve(name + ".sock").toString()),
                mac);
    }

    /** A virtual machine whose driver is loaded. */
    private VirtioDriver boot(final GuestPort settings, final long features) {
        final SharedMemory memory =
                SharedMemory.allocate(settings.name(), GUEST_BYTES, PageSize.PLAIN_4K);
        final VfioUserDevice device =
                VfioUserDevice.open(
                        settings.socket(), new VfioUserDevice.Context().idle(daemon::doWork));
        final VirtioDriver driver =
                new VirtioDriver(device, new GuestMemory(device.mapDma(memory)), daemon::doWork);
        guests.add(() -> {
            driver.close();
            device.close();
            memory.close();
        });
        driver.initialize(features);
        return driver;
    }

    private VirtioDriver serve(final GuestPort settings, final long features) {
        await(left.ports(List.of(await(daemon.guestPort(left, settings)))));
        left.up();
        await(left.state(LifecycleState.UP));
        return boot(settings, features);
    }

    private MemoryPort serveRight(final int vlan) {
        if (vlan != 0) {
            await(right.addVlans(VlanSet.of(vlan)));
        }
        final MemoryPort port = new MemoryPort("right", daemon.packetPool());
        final MacAddress mac = await(right.ask(vf -> Objects.requireNonNull(vf.macAddress())));
        port.source(mac);
        await(right.ports(List.of(new PortBinding(port, vlan, mac, new PortCounters()))));
        right.up();
        await(right.state(LifecycleState.UP));
        return port;
    }

    private static byte[] frame(
            final MacAddress destination, final MacAddress source, final int vlan, final int id) {
        final ByteBuffer frame = ByteBuffer.allocate(60);
        put(frame, destination);
        put(frame, source);
        if (vlan != 0) {
            frame.putShort((short) 0x8100).putShort((short) vlan);
        }
        frame.putShort((short) 0x0800).order(ByteOrder.nativeOrder()).putInt(id);
        return frame.array();
    }

    private static void put(final ByteBuffer frame, final MacAddress address) {
        frame.putShort((short) (address.value() >>> 32)).putInt((int) address.value());
    }

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
        run(200);
        assertThat(port.left()).containsExactly(7);
        port.arrive(GUEST, 0x0800, 8);
        run(200);
        final List<byte[]> received = driver.receive(0);
        assertThat(received).hasSize(1);
        assertThat(Arrays.copyOf(received.getFirst(), 12))
                .isEqualTo(Arrays.copyOf(frame(GUEST, mac(right), 0, 8), 12));
    }

    private MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
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
        run(200);
        assertThat(port.left()).containsExactly(7);
        port.arrive(GUEST, 0x0800, 8);
        run(200);
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
        run(2000);
        assertThat(vlans()).as("a reset of the guest takes its VLANs along").isEmpty();
        driver.initialize(FULL);
        assertThat(driver.control().vlan(110, true)).isEqualTo(ControlPath.OK);
        assertThat(vlans()).containsExactly(110);
    }

    @Test
    void shouldLeaveAloneWhatOthersWant() {
        await(left.addVlans(VlanSet.of(100, 101)));
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        assertThat(driver.control().vlan(100, false)).isEqualTo(ControlPath.OK);
        run(2000);
        assertThat(vlans()).containsExactly(100, 101);
    }

    @Test
    void shouldGiveAllItsVlansToADriverThatCannotAsk() {
        serve(settings("vm", GUEST).trunk(VlanSet.range(100, 103)), PLAIN);
        run(2000);
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
        run(200_000);
        assertThat(vlans()).containsExactly(100);
        assertThat(driver.control().vlan(102, true)).isEqualTo(ControlPath.OK);
        run(200_000);
        assertThat(vlans()).containsExactly(100, 102);
    }

    @Test
    void shouldHaveTheGuestsVlansBackAfterAReset() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        assertThat(driver.control().vlan(100, true)).isEqualTo(ControlPath.OK);
        final CompletableFuture<LifecycleState> resetting = left.state(LifecycleState.RESETTING);
        simulator.virtualFunction(0).functionLevelReset();
        await(resetting);
        await(left.state(LifecycleState.UP));
        run(2000);
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
        run(2000);
        assertThat(held().macs()).contains(GUEST, next).doesNotContain(group);

        final List<MacAddress> tooMany = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tooMany.add(new MacAddress(0x3333_0000_0100L + i));
        }
        assertThat(setTable(driver, List.of(), tooMany))
                .as("the PF lets a VF that it doesn't trust have 18")
                .isEqualTo(ControlPath.ERROR);
        run(20_000);
        assertThat(held().macs()).contains(GUEST, next).doesNotContainAnyElementsOf(tooMany);
        driver.status(0);
        run(2000);
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
        driver.transmit(0, frame(mac(right), OTHER, 0, 1));
        driver.transmit(0, frame(mac(right), GUEST, 0, 2));
        run(200);
        assertThat(port.left()).containsExactly(2);
    }

    @Test
    void shouldChangeTheAddressOfATrustedGuest() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trusted(true), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setAddress(driver, OTHER)).isEqualTo(ControlPath.OK);
        run(2000);
        assertThat(held().macs()).contains(OTHER).doesNotContain(GUEST);
        assertThat(setTable(driver, List.of(GUEST), List.of())).isEqualTo(ControlPath.OK);
        assertThat(held().macs()).contains(OTHER, GUEST);
        driver.status(0);
        run(2000);
        assertThat(held().macs()).contains(GUEST).doesNotContain(OTHER);
    }

    @Test
    void shouldBePromiscuousIfThePfTrustsTheFunction() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trusted(true), FULL & ~Feature.CTRL_VLAN.mask());
        assertThat(setMode(driver, 0, true))
                .as("the PF says yes to a VF that it doesn't trust, and does nothing")
                .isEqualTo(ControlPath.ERROR);
        await(simulator.host().trust(0, true).toCompletableFuture());
        run(20_000);
        assertThat(setMode(driver, 0, true)).isEqualTo(ControlPath.OK);
        run(2000);
        assertThat(held().promiscuity()).isEqualTo(3);
        driver.status(0);
        run(2000);
        assertThat(held().promiscuity()).isZero();
    }

    @Test
    void shouldServeSeveralGuestsOfOneFunction() {
        final GuestPort first = settings("first", GUEST).access(100);
        final GuestPort second = settings("second", OTHER).access(100);
        await(
                left.ports(
                        List.of(
                                await(daemon.guestPort(left, first)),
                                await(daemon.guestPort(left, second)))));
        left.up();
        await(left.state(LifecycleState.UP));
        final VirtioDriver one = boot(first, FULL & ~Feature.CTRL_VLAN.mask());
        final VirtioDriver two = boot(second, FULL & ~Feature.CTRL_VLAN.mask());
        one.transmit(0, frame(OTHER, GUEST, 0, 7));
        run(200);
        assertThat(two.receive(0)).hasSize(1);

        await(left.ports(List.of()));
        run(20_000);
        assertThat(vlans()).isEmpty();
        assertThat(held().macs()).doesNotContain(GUEST, OTHER);
    }

    /** Its firmware is served while the function is down, and sees the link come and go. */
    @Test
    void shouldServeAGuestWithoutANetwork() {
        final GuestPort settings = settings("vm", GUEST);
        await(left.ports(List.of(await(daemon.guestPort(left, settings)))));
        final VirtioDriver driver = boot(settings, FULL & ~Feature.CTRL_VLAN.mask());
        driver.assertStatusIsGood();
        left.up();
        await(left.state(LifecycleState.UP));
        await(simulator.host().portLink(false).toCompletableFuture());
        run(20_000);
        assertThat(driver.configuration(6, 2)).isZero();
        await(simulator.host().portLink(true).toCompletableFuture());
        run(20_000);
        assertThat(driver.configuration(6, 2)).isEqualTo(1);
        assertThat(driver.interrupts(0)).isPositive();
    }

    @Test
    void shouldDropWhatAGuestAskedBeforeItsReset() {
        final VirtioDriver driver =
                serve(settings("vm", GUEST).trunk(VlanSet.range(100, 120)), FULL);
        for (int i = 0; i < 50; i++) {
            driver.control().send(2, 0, (byte) (100 + i % 8), (byte) 0);
            run(i);
            driver.status(0);
            driver.initialize(FULL);
        }
        run(20_000);
        assertThat(vlans()).isEmpty();
    }

    @Test
    void shouldServeAFrontEndOfVhostUser() {
        final MemoryPort port = serveRight(100);
        final UnixAddress address = new UnixAddress(folder.resolve("vhost.sock").toString());
        final GuestPort settings =
                GuestPort.of(GuestPort.Kind.VHOST_USER_SERVER, "vm", address, GUEST)
                        .trunk(VlanSet.range(100, 103));
        await(left.ports(List.of(await(daemon.guestPort(left, settings)))));
        left.up();
        await(left.state(LifecycleState.UP));
        try (VhostFrontEnd guest =
                new VhostFrontEnd(
                        UnixSocket.connect(UnixSocket.Kind.STREAM, address), daemon::doWork)) {
            guest.initialize(
                    Feature.maskOf(Feature.VERSION_1, Feature.MRG_RXBUF),
                    1,
                    VhostFrontEnd.Order.QEMU);
            run(2000);
            assertThat(vlans()).as("its driver can't ask").containsExactly(100, 101, 102, 103);
            assertThat(guest.transmit(0, frame(MacAddress.BROADCAST, GUEST, 100, 7))).isTrue();
            run(200);
            assertThat(port.left()).containsExactly(7);
            port.arrive(GUEST, 0x0800, 8);
            run(200);
            assertThat(guest.receive(0)).hasSize(1);
        }
        run(20_000);
        assertThat(vlans()).isEmpty();
    }

    @Test
    void shouldNameWhatIsWrongWithItsSettings() {
        assertThatThrownBy(() -> settings("vm", GUEST).queuePairs(17))
                .hasMessage("vm: queue pairs 17, must be 1 to 16");
        assertThatThrownBy(() -> settings("vm", GUEST).access(4095))
                .hasMessage("port 'vm': VLAN 4095; use 1 to 4094, or 0 for untagged packets");
        final GuestPort settings = settings("vm", GUEST);
        await(left.ports(List.of(await(daemon.guestPort(left, settings)))));
        final CompletableFuture<PortBinding> taken = daemon.guestPort(left, settings);
        run(10);
        assertThat(taken).isCompletedExceptionally();
    }
}
