package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.PacketPort;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** A function of 256 queue pairs at several pollers. */
class LargeFunctionPollersTest {
    private static final long CYCLE_NS = 20_000;
    private static final int CYCLES_MAX = 1_000_000;
    private static final int POLLERS = 3;
    private static final int QUEUES = 256;
    private static final int WINDOW = 512;

    private long nowNs = 1;
    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .maxQueuePairsPerVf(QUEUES)
                            .nanoClock(() -> nowNs)
                            .delays(SimulatedDelays.NONE));
    private final Javfd daemon =
            Javfd.launch(
                    new JavfdContext()
                            .invoker(true)
                            .nanoClock(() -> nowNs += CYCLE_NS)
                            .pollers(8192, 8192, 8192)
                            .simulator(simulator)
                            .device(new InProcessDoor(simulator.virtualFunction(0)))
                            .device(
                                    new InProcessDoor(simulator.virtualFunction(1)),
                                    settings ->
                                            settings.queuePairs(QUEUES)
                                                    .rxRingLength(64)
                                                    .txRingLength(64)));
    private final FunctionClient left = daemon.function("sim:0/0");
    private final FunctionClient right = daemon.function("sim:0/1");

    @AfterEach
    void close() {
        for (final FunctionClient function : List.of(left, right)) {
            await(function.ports(List.of()));
            await(function.close());
        }
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        simulator.close();
    }

    private <T> T await(final CompletableFuture<T> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        assertThat(future).isCompleted();
        return future.join();
    }

    private void up(final FunctionClient function, final PacketPort port, final int poller) {
        final PortBinding binding =
                new PortBinding(
                        port,
                        0,
                        await(function.ask(vf -> Objects.requireNonNull(vf.macAddress()))),
                        new PortCounters());
        await(function.ports(List.of(binding.atPoller(poller))));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    private int pollerOf(final int queue) {
        return await(right.ask(vf -> right.pollerOf(queue)));
    }

    private void carry(
            final FlowTraffic.Source source, final FlowTraffic.Sink sink, final long frames) {
        final long end = sink.received() + frames;
        long allowed = sink.received();
        for (int i = 0; i < CYCLES_MAX && sink.received() < end; i++) {
            final long more = Math.min(end, sink.received() + WINDOW) - allowed;
            source.allow(more);
            allowed += more;
            daemon.doWork();
        }
        assertThat(sink.isComplete(end)).isTrue();
    }

    @Test
    void shouldGiveItsQueuesToSeveralPollersAndKeepThemThroughResetsAndMoves() {
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(daemon.packetPool(2));
        up(right, sink, 2);
        final FlowTraffic.Source source =
                new FlowTraffic.Source(
                        daemon.packetPool(0),
                        await(left.ask(vf -> Objects.requireNonNull(vf.macAddress()))),
                        await(right.ask(vf -> Objects.requireNonNull(vf.macAddress()))));
        up(left, source, 0);
        assertThat(simulator.virtualFunction(1).snapshot().rxQueues().bitCount()).isEqualTo(QUEUES);
        carry(source, sink, 10_000);
        assertThat(sink.misplaced()).isZero();
        final TrafficCounters traffic = right.monitor().traffic();
        final int[] busy =
                IntStream.range(0, traffic.queueCount())
                        .filter(queue -> traffic.rxPackets(queue) > 0)
                        .toArray();
        assertThat(busy).hasSizeGreaterThan(FlowTraffic.FLOWS / 2);
        assertThat(IntStream.of(busy).map(queue -> queue % POLLERS).distinct()).hasSize(POLLERS);
        for (int queue = 0; queue < QUEUES; queue += 15) {
            assertThat(pollerOf(queue)).isEqualTo((1 + queue) % POLLERS);
        }

        final int moved = busy[busy.length - 1];
        final int target = (pollerOf(moved) + 1) % POLLERS;
        await(right.moveQueue(moved, target));
        final CompletableFuture<LifecycleState> resetting = right.state(LifecycleState.RESETTING);
        simulator.virtualFunction(1).functionLevelReset();
        await(resetting);
        await(right.state(LifecycleState.UP));
        assertThat(pollerOf(moved)).isEqualTo(target);
        carry(source, sink, 10_000);
    }
}
