package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** The shortest Tx rings that a PF accepts, under more traffic than they have room for. */
class SmallRingTest {
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int IPV4 = 0x0800;
    private static final int FRAMES = 1000;

    private long nowNs = 1;

    @Test
    void shouldSendEverythingThroughTheShortestRings() {
        final SimulatedPhysicalFunction simulator =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .virtualFunctions(2)
                                .nanoClock(() -> nowNs)
                                .delays(SimulatedDelays.TYPICAL));
        final Javfd daemon =
                Javfd.launch(
                        new JavfdContext()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .simulator(simulator)
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(0)),
                                        settings -> settings.txRingLength(64))
                                .device(new InProcessDoor(simulator.virtualFunction(1))));
        final FunctionClient left = daemon.function("sim:0/0");
        final FunctionClient right = daemon.function("sim:0/1");
        await(daemon, left.state(LifecycleState.DOWN));
        await(daemon, right.state(LifecycleState.DOWN));
        final PacketPool pool = daemon.packetPool();
        final MemoryPort receiver = new MemoryPort("receiver", pool);
        final MemoryPort[] senders = new MemoryPort[3];
        final PortBinding[] bindings = new PortBinding[3];
        final VirtualAddress address = new VirtualAddress(daemon);
        up(daemon, right, new PortBinding(receiver, 0, address.of(right), new PortCounters()));
        for (int i = 0; i < senders.length; i++) {
            senders[i] = new MemoryPort("sender" + i, pool);
            senders[i].source(address.of(left));
            // One VLAN for all of them; its frames are for none of the others.
            final MacAddress mac = MacAddress.of("02:00:00:00:01:0" + i);
            bindings[i] = new PortBinding(senders[i], 0, mac, new PortCounters());
            for (int frame = 0; frame < FRAMES; frame++) {
                senders[i].arrive(address.of(right), IPV4, FRAMES * i + frame);
            }
        }
        up(daemon, left, bindings);
        for (int i = 0; i < CYCLES_MAX && receiver.left().size() < 3 * FRAMES; i++) {
            daemon.doWork();
        }
        final int[] next = new int[senders.length];
        for (final int number : receiver.left()) {
            assertThat(number % FRAMES).isEqualTo(next[number / FRAMES]++);
        }
        assertThat(next).containsOnly(FRAMES);
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        assertThat(pool.available()).as("every buffer came back").isEqualTo(pool.capacity());
        simulator.close();
    }

    private static void up(
            final Javfd daemon, final FunctionClient function, final PortBinding... bindings) {
        await(daemon, function.ports(List.of(bindings)));
        function.up();
        await(daemon, function.state(LifecycleState.UP));
    }

    private record VirtualAddress(Javfd daemon) {
        MacAddress of(final FunctionClient function) {
            return await(daemon, function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
        }
    }

    private static <T> T await(final Javfd daemon, final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }
}
