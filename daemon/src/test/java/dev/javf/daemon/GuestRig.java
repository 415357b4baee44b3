package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
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
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VirtioDriver;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Guests' network cards as ports: their drivers on one side, a VF of the simulated PF on the other,
 * everything between on one thread and under a virtual clock.
 */
abstract class GuestRig {
    static final long CYCLE_NS = 10_000;
    static final int CYCLES_MAX = 1_000_000;
    static final int GUEST_BYTES = 16 << 20;
    static final MacAddress GUEST = MacAddress.of("02:00:00:00:01:01");
    static final MacAddress OTHER = MacAddress.of("02:00:00:00:01:02");
    static final long PLAIN =
            Feature.maskOf(
                    Feature.VERSION_1, Feature.MAC, Feature.STATUS, Feature.MRG_RXBUF, Feature.MTU);
    static final long FULL =
            PLAIN
                    | Feature.maskOf(
                            Feature.CTRL_VQ,
                            Feature.CTRL_RX,
                            Feature.CTRL_VLAN,
                            Feature.CTRL_MAC_ADDR,
                            Feature.MQ);

    @TempDir Path folder;
    long nowNs = 1;

    /** What the PF does with every message for adding VLANs. */
    @Nullable Fault onAddVlan;

    final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .nanoClock(() -> nowNs)
                            .faultPlan((vf, opcode, now) ->
                                    opcode == Opcode.ADD_VLAN_V2.code() ? onAddVlan : null)
                            .delays(SimulatedDelays.TYPICAL));
    Javfd daemon;
    FunctionClient left;
    FunctionClient right;
    final List<AutoCloseable> guests = new ArrayList<>();

    @BeforeEach
    void launch() {
        daemon =
                Javfd.launch(
                        new JavfdContext()
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

    <T> T await(final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }

    void run(final int cycles) {
        for (int i = 0; i < cycles; i++) {
            daemon.doWork();
        }
    }

    VfSnapshot held() {
        return simulator.virtualFunction(0).snapshot();
    }

    List<Integer> vlans() {
        return held().vlans().stream().map(VlanKey::vlanId).sorted().collect(Collectors.toList());
    }

    GuestPort settings(final String name, final MacAddress mac) {
        return GuestPort.of(
                GuestPort.Kind.VFIO_USER,
                name,
                new UnixAddress(folder.resolve(name + ".sock").toString()),
                mac);
    }

    /** A virtual machine whose driver is loaded. */
    VirtioDriver boot(final GuestPort settings, final long features) {
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

    VirtioDriver serve(final GuestPort settings, final long features) {
        await(left.ports(List.of(await(daemon.guestPort(left, settings)))));
        left.up();
        await(left.state(LifecycleState.UP));
        return boot(settings, features);
    }

    MemoryPort serveRight(final int vlan) {
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

    static byte[] frame(
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

    static void put(final ByteBuffer frame, final MacAddress address) {
        frame.putShort((short) (address.value() >>> 32)).putInt((int) address.value());
    }
}
