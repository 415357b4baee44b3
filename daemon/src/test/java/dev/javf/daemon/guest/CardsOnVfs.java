package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.GuestPort;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PortBinding;
import dev.javf.iavf.LifecycleState;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.testing.Awaiting;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A daemon on two VFs of a simulated PF, each of which has one port: a guest's network card, or
 * whatever a test puts there. What one sends to the other goes out by its VF, through the PF's
 * switch, and in by the other.
 */
final class CardsOnVfs implements AutoCloseable {
    /** The VLANs that a guest may ask for. */
    static final VlanSet TRUNK = VlanSet.range(100, 107);

    /** The cards' addresses. */
    static final List<MacAddress> MACS =
            List.of(MacAddress.of("02:00:00:00:0a:00"), MacAddress.of("02:00:00:00:0a:01"));

    private static final long PATIENCE_S = 30;

    private final Path folder;
    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext().virtualFunctions(2));
    private final Javfd daemon =
            Javfd.launch(
                    new JavfdContext()
                            .simulator(simulator)
                            .device(new InProcessDoor(simulator.virtualFunction(0)))
                            .device(new InProcessDoor(simulator.virtualFunction(1))));

    /**
     * A daemon without ports.
     *
     * @param folder for the sockets.
     */
    CardsOnVfs(final Path folder) {
        this.folder = folder;
    }

    /**
     * Gives a VF a guest's card, a trunk.
     *
     * @param vf 0 or 1.
     * @param kind the card's door.
     * @return the port.
     */
    PortBinding card(final int vf, final GuestPort.Kind kind) throws Exception {
        final GuestPort port =
                GuestPort.of(kind, "vm" + vf, new UnixAddress(socket(vf)), MACS.get(vf))
                        .trunk(TRUNK);
        final PortBinding binding = await(daemon.guestPort(daemon.functions().get(vf), port));
        port(vf, binding);
        return binding;
    }

    /** Gives a VF a port. */
    void port(final int vf, final PortBinding binding) throws Exception {
        final FunctionClient function = daemon.functions().get(vf);
        await(function.ports(List.of(binding)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    /** The address that the PF has given a VF. */
    MacAddress vfMac(final int vf) throws Exception {
        final FunctionClient function = daemon.functions().get(vf);
        await(function.state(LifecycleState.DOWN));
        return await(function.ask(each -> Objects.requireNonNull(each.macAddress())));
    }

    /** The pool of both VFs' ports. */
    PacketPool pool() {
        return daemon.packetPool();
    }

    /** Where a card's other end is. */
    String socket(final int vf) {
        return folder.resolve("vm" + vf + ".sock").toString();
    }

    /** QEMU's arguments for a card over vhost-user, as PCI device 00:1VF.0. */
    String[] vhostUser(final int vf, final String chardev) {
        return vhostUser(vf, socket(vf), chardev, "");
    }

    static String[] vhostUser(
            final int vf, final String socket, final String chardev, final String options) {
        return new String[] {
            "-chardev",
            "socket,id=c" + vf + ",path=" + socket + chardev,
            "-netdev",
            "vhost-user,chardev=c" + vf + ",id=n" + vf + ",queues=2",
            "-device",
            "virtio-net-pci,netdev=n"
                    + vf
                    + ",addr=1"
                    + vf
                    + ",mq=on,vectors=6,disable-legacy=on,romfile=,mac="
                    + MACS.get(vf)
                    + options
        };
    }

    private static <T> T await(final CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** The VLANs that the PF holds for a VF. */
    List<Integer> vlans(final int vf) {
        return held(vf).vlans().stream().map(VlanKey::vlanId).sorted().collect(Collectors.toList());
    }

    private VfSnapshot held(final int vf) {
        return simulator.virtualFunction(vf).snapshot();
    }

    /** Waits for what the PF holds for a VF. */
    void await(final int vf, final Predicate<VfSnapshot> condition, final String what) {
        Awaiting.until("VF " + vf + " to have " + what, () -> held(vf), condition);
    }

    /** Ends everything; nothing may have gone wrong. */
    @Override
    public void close() {
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        for (final SimulatedVirtualFunction function : simulator.virtualFunctions()) {
            assertThat(function.dma().faults()).isEmpty();
        }
        simulator.close();
    }
}
