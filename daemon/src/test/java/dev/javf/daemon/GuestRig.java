package dev.javf.daemon;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VirtioDriver;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Guests' network cards as ports: their drivers on one side, a VF of the simulated PF on the other,
 * everything between on one thread and under a virtual clock.
 */
abstract class GuestRig {
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

    /** What the PF does with every message for adding VLANs. */
    @Nullable Fault onAddVlan;

    final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .simulator(pf ->
                            pf.faultPlan((vf, opcode, now) ->
                                    opcode == Opcode.ADD_VLAN_V2.code() ? onAddVlan : null))
                    .launch();
    final Javfd daemon = system.daemon();
    final FunctionClient left = system.left();
    final FunctionClient right = system.right();
    final List<AutoCloseable> guests = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (final AutoCloseable guest : guests) {
            guest.close();
        }
        system.close();
    }

    VfSnapshot held() {
        return system.model(left).snapshot();
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

    /** Gives a function the ports of guests and takes it up. */
    void up(final FunctionClient function, final GuestPort... settings) {
        final PortBinding[] ports = new PortBinding[settings.length];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = system.await(daemon.guestPort(function, settings[i]));
        }
        system.up(function, ports);
    }

    VirtioDriver serve(final GuestPort settings, final long features) {
        up(left, settings);
        return boot(settings, features);
    }

    MemoryPort serveRight(final int vlan) {
        if (vlan != 0) {
            system.await(right.addVlans(VlanSet.of(vlan)));
        }
        final MemoryPort port = MemoryPort.of(system, right, "right");
        system.up(right, system.bind(right, port, vlan));
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
