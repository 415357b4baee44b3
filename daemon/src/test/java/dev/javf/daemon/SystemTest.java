package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.iavf.LifecycleState;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.testing.Allocations;
import dev.javf.vfio.InProcessDoor;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The whole system on one thread and under a virtual clock: two virtual functions, their driver,
 * conductor, poller and ports, against the simulated PF.
 */
class SystemTest {
    private static final int IPV4 = 0x0800;

    private final SimulatedDaemon system = SimulatedDaemon.onOneThread();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();

    @AfterEach
    void close() {
        system.close();
    }

    private VlanSet acknowledged(final FunctionClient function) {
        return system.await(function.ask(vf -> vf.vlans().acknowledged(Ethernet.TPID_8021Q)));
    }

    /** Fills the ring before the PF has enabled it, when the device takes no doorbells yet. */
    @Test
    void shouldSendAllThatWaitedForTheQueues() {
        final int waiting = 600;
        final MemoryPort leftPort = MemoryPort.of(system, left, "left");
        final MemoryPort rightPort = MemoryPort.of(system, right, "right");
        system.up(right, system.bind(right, rightPort, 0));
        final PortBinding binding = system.bind(left, leftPort, 0);
        for (int i = 0; i < waiting; i++) {
            leftPort.arrive(system.mac(right), IPV4, i);
        }
        system.up(left, binding);
        system.run(1000);
        assertThat(rightPort.left()).hasSize(waiting);
    }

    @Test
    void shouldCarryFramesAcrossEachVlanAndLeakNone() {
        final VlanSet vlans = VlanSet.range(100, 107);
        assertThat(system.await(left.addVlans(vlans)).isSuccess()).isTrue();
        assertThat(system.await(right.addVlans(vlans)).isSuccess()).isTrue();
        final MemoryPort[] leftPorts = new MemoryPort[8];
        final MemoryPort[] rightPorts = new MemoryPort[8];
        final PortBinding[] leftBindings = new PortBinding[8];
        final PortBinding[] rightBindings = new PortBinding[8];
        for (int i = 0; i < 8; i++) {
            leftPorts[i] = MemoryPort.of(system, left, "left" + i);
            rightPorts[i] = MemoryPort.of(system, right, "right" + i);
            leftBindings[i] = system.bind(left, leftPorts[i], 100 + i);
            rightBindings[i] = system.bind(right, rightPorts[i], 100 + i);
        }
        system.up(left, leftBindings);
        system.up(right, rightBindings);

        for (int i = 0; i < 8; i++) {
            leftPorts[i].arrive(system.mac(right), IPV4, 1000 + i);
            leftPorts[i].arrive(MacAddress.BROADCAST, IPV4, 2000 + i);
        }
        system.run(100);

        for (int i = 0; i < 8; i++) {
            // Frame numbers make the source addresses irrelevant: what matters is where they come
            // out.
            assertThat(rightPorts[i].left()).containsExactly(1000 + i, 2000 + i);
            assertThat(leftPorts[i].left()).isEmpty();
        }
    }

    @Test
    void shouldRefuseTheNinthVlanOfAFunctionThatIsNotTrustedAndKeepTheOthers() {
        assertThat(system.await(left.addVlans(VlanSet.range(100, 107))).isSuccess()).isTrue();
        final VlanRequestResult result = system.await(left.addVlans(VlanSet.of(108)));

        assertThat(result.rejected()).isEqualTo(VlanSet.of(108));
        assertThat(result.rejections().getFirst().remedy())
                .isEqualTo(
                        "VF is not trusted and its 8 user VLANs are used: ip link set PF vf N trust"
                                + " on");
        assertThat(acknowledged(left)).isEqualTo(VlanSet.range(100, 107));
    }

    @Test
    void shouldKeepItsVlansWhenItGoesDownAndUp() {
        system.await(left.addVlans(VlanSet.range(100, 103)));
        system.up(left);
        left.down();
        system.await(left.state(LifecycleState.DOWN));
        system.await(left.addVlans(VlanSet.of(200)));
        left.up();
        system.await(left.state(LifecycleState.UP));

        assertThat(acknowledged(left)).isEqualTo(VlanSet.parse("100-103,200"));
    }

    @Test
    void shouldComeBackWithItsVlansAfterAReset() {
        final MemoryPort leftPort = MemoryPort.of(system, left, "left");
        final MemoryPort rightPort = MemoryPort.of(system, right, "right");
        system.await(left.addVlans(VlanSet.of(100)));
        system.await(right.addVlans(VlanSet.of(100)));
        system.up(left, system.bind(left, leftPort, 100));
        system.up(right, system.bind(right, rightPort, 100));
        system.reset(left);
        system.run(1000);

        assertThat(acknowledged(left)).isEqualTo(VlanSet.of(100));
        leftPort.arrive(system.mac(right), IPV4, 7);
        rightPort.arrive(system.mac(left), IPV4, 8);
        system.run(100);
        assertThat(rightPort.left()).containsExactly(7);
        assertThat(leftPort.left()).containsExactly(8);
    }

    @Test
    void shouldNotAllocateOnThePollersThread() {
        system.await(left.addVlans(VlanSet.of(100)));
        system.await(right.addVlans(VlanSet.of(100)));
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(system.daemon().packetPool());
        final FlowTraffic.Source source =
                new FlowTraffic.Source(
                        system.daemon().packetPool(), system.mac(left), system.mac(right));
        system.up(left, system.bind(left, source, 100));
        system.up(right, system.bind(right, sink, 100));

        // Only the poller's duty cycles count; the simulator's run between them. The first rounds
        // warm it up: the compiler's own changes of mind cost a few bytes, once.
        long allocated = Long.MAX_VALUE;
        int rounds = 0;
        while (allocated > 0 && rounds < 5) {
            rounds++;
            source.allowUpTo(rounds * 1_000_000L);
            allocated = 0;
            while (sink.received() < rounds * 1_000_000L) {
                allocated += Allocations.of(system.daemon().poller()::doWork);
                system.simulate();
            }
        }

        assertThat(allocated).as("bytes for 10^6 packets, each received and sent").isZero();
        assertThat(sink.isComplete(rounds * 1_000_000L)).isTrue();
        assertThat(sink.misplaced()).as("out of order").isZero();
    }

    @Test
    void shouldNameWhatIsWrongWithItsContext() {
        assertThatThrownBy(() -> Javfd.launch(new JavfdContext()))
                .hasMessage("a daemon needs at least one device to drive");
        assertThatThrownBy(() ->
                        Javfd.launch(
                                new JavfdContext()
                                        .packetBuffers(100)
                                        .device(new InProcessDoor(system.model(left)))))
                .hasMessage("packetBuffers 100: 1 devices need at least 1024");
        assertThatThrownBy(() -> system.daemon().function("sim:0/9"))
                .hasMessage("no virtual function 'sim:0/9'; there are [sim:0/0, sim:0/1]");
    }
}
