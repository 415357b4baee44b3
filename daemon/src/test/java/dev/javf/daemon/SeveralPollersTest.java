package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPort;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** The queues and ports of a function at several pollers, and queues that move between them. */
class SeveralPollersTest {
    private static final long CYCLE_NS = 10_000;
    private static final int CYCLES_MAX = 2_000_000;
    private static final int POLLERS = 3;
    private static final int QUEUES = 6;
    private static final int WINDOW = 512;

    private long nowNs = 1;
    private SimulatedPhysicalFunction simulator;
    private Javfd daemon;
    private FunctionClient left;
    private FunctionClient right;

    @BeforeEach
    void launch() {
        simulator =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .virtualFunctions(2)
                                .nanoClock(() -> nowNs)
                                .delays(SimulatedDelays.TYPICAL));
        daemon =
                Javfd.launch(
                        new JavfdContext()
                                .invoker(true)
                                .nanoClock(() -> nowNs += CYCLE_NS)
                                .pollers(4096, 4096, 4096)
                                .simulator(simulator)
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(0)),
                                        settings -> settings.queuePairs(2).rxRingLength(128))
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(1)),
                                        settings -> settings.queuePairs(QUEUES))
                                .pollerChoice("sim:0/0", queue -> 0));
        left = daemon.function("sim:0/0");
        right = daemon.function("sim:0/1");
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
    }

    @AfterEach
    void close() {
        await(left.ports(List.of()));
        await(right.ports(List.of()));
        await(left.close());
        await(right.close());
        for (int i = 0; i < 1000; i++) {
            daemon.doWork();
        }
        int available = 0;
        for (int i = 0; i < POLLERS; i++) {
            available += daemon.packetPool(i).available();
        }
        assertThat(available).as("every buffer came back").isEqualTo(POLLERS * 4096);
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

    private MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private PortBinding binding(
            final FunctionClient function, final PacketPort port, final int poller) {
        return new PortBinding(port, 0, mac(function), new PortCounters()).atPoller(poller);
    }

    private FlowTraffic.Source source(final int poller) {
        final FlowTraffic.Source source =
                new FlowTraffic.Source(daemon.packetPool(poller), mac(left), mac(right));
        await(left.ports(List.of(binding(left, source, poller))));
        left.up();
        await(left.state(LifecycleState.UP));
        return source;
    }

    private FlowTraffic.Sink sink(final int poller) {
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(daemon.packetPool(poller));
        await(right.ports(List.of(binding(right, sink, poller))));
        right.up();
        await(right.state(LifecycleState.UP));
        return sink;
    }

    /** Frames on their way are at most so many that no ring is too short for them. */
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
        assertThat(sink.received()).isEqualTo(end);
        assertThat(sink.isComplete(end)).isTrue();
    }

    @Test
    void shouldSpreadAFunctionOverPollersAndBringItsPacketsTogether() {
        final FlowTraffic.Sink sink = sink(2);
        final FlowTraffic.Source source = source(0);
        carry(source, sink, 20_000);
        assertThat(sink.misplaced()).isZero();
        final TrafficCounters traffic = right.monitor().traffic();
        assertThat(traffic.queueCount()).isEqualTo(QUEUES);
        for (int queue = 0; queue < QUEUES; queue++) {
            assertThat(traffic.rxPackets(queue)).as("queue " + queue).isPositive();
            assertThat(pollerOf(right, queue)).isEqualTo((1 + queue) % POLLERS);
        }
        // Buffers that end at the sink's poller go back, or the others would be dry by now.
        for (int i = 0; i < POLLERS; i++) {
            assertThat(daemon.packetPool(i).available()).isGreaterThan(1024);
        }
    }

    @Test
    void shouldAllocateNothingForPacketsThatCross() {
        final FlowTraffic.Sink sink = sink(2);
        final FlowTraffic.Source source = source(1);
        carry(source, sink, 20_000);
        long allocated = 0;
        source.allow(0);
        final long before = sink.received();
        long allowed = before;
        for (int i = 0; i < 2000; i++) {
            final long more = sink.received() + WINDOW - allowed;
            source.allow(more);
            allowed += more;
            for (int poller = 0; poller < POLLERS; poller++) {
                allocated += Allocations.of(daemon.poller(poller)::doWork);
            }
            nowNs += CYCLE_NS;
            simulator.doWork(nowNs);
        }
        final long carried = sink.received() - before;
        assertThat(carried).isGreaterThan(10_000);
        assertThat(allocated).as("bytes").isLessThan(carried / 10);
        carry(source, sink, allowed - sink.received());
    }

    @Test
    void shouldSendForPortsWhosePollerHasNoQueue() {
        final FlowTraffic.Sink sink = sink(1);
        carry(source(2), sink, 5000);
    }

    /** What came in bursts of one used to find room for 32 only. */
    @Test
    void shouldKeepSinglePacketsForAPollerWhoseThreadIsStopped() {
        final FlowTraffic.Sink sink = sink(2);
        final FlowTraffic.Source source = source(0);
        carry(source, sink, 1000);
        final long before = sink.received();
        for (int i = 0; i < WINDOW; i++) {
            source.allow(1);
            for (int round = 0; round < 3; round++) {
                daemon.poller(0).doWork();
                daemon.poller(1).doWork();
                nowNs += CYCLE_NS;
                simulator.doWork(nowNs);
            }
        }
        assertThat(sink.received()).isEqualTo(before);
        for (int i = 0; i < CYCLES_MAX && sink.received() < before + WINDOW; i++) {
            daemon.doWork();
        }
        assertThat(sink.isComplete(before + WINDOW)).isTrue();
        assertThat(sink.misplaced()).isZero();
    }

    @Test
    void shouldLoseNothingWhileQueuesMove() {
        final FlowTraffic.Sink sink = sink(0);
        final FlowTraffic.Source source = source(2);
        Seed.forEach(1, 4, random -> moveAtRandom(random, source, sink, right, QUEUES));
        assertThat(sink.misplaced()).as("frames out of order").isZero();
        Seed.forEach(5, 4, random -> moveAtRandom(random, source, sink, left, 2));
    }

    private void moveAtRandom(
            final SplittableRandom random,
            final FlowTraffic.Source source,
            final FlowTraffic.Sink sink,
            final FunctionClient function,
            final int queues) {
        for (int i = 0; i < 75; i++) {
            final int queue = random.nextInt(queues);
            final int target = random.nextInt(POLLERS);
            final CompletableFuture<Void> moved = function.moveQueue(queue, target);
            carry(source, sink, random.nextInt(1, 200));
            await(moved);
            assertThat(pollerOf(function, queue)).isEqualTo(target);
        }
    }

    @Test
    void shouldKeepTheAssignmentThroughResets() {
        final FlowTraffic.Sink sink = sink(0);
        final FlowTraffic.Source source = source(0);
        carry(source, sink, 1000);
        await(right.moveQueue(0, 2));
        final CompletableFuture<LifecycleState> resetting = right.state(LifecycleState.RESETTING);
        final CompletableFuture<Void> moved = right.moveQueue(1, 0);
        simulator.virtualFunction(1).functionLevelReset();
        await(resetting);
        await(moved);
        await(right.moveQueue(2, 1));
        await(right.state(LifecycleState.UP));
        assertThat(List.of(pollerOf(right, 0), pollerOf(right, 1), pollerOf(right, 2)))
                .containsExactly(2, 0, 1);
        carry(source, sink, 1000);
    }

    @Test
    void shouldGiveNoPacketToAnotherPortInTheSamePlace() {
        final FlowTraffic.Source source = source(0);
        FlowTraffic.Sink sink = sink(2);
        carry(source, sink, 1000);
        for (int i = 0; i < 50; i++) {
            source.allow(200);
            for (int cycle = 0; cycle < 3 * i; cycle++) {
                daemon.doWork();
            }
            // The same place in the list, another VLAN: nothing may come there.
            final FlowTraffic.Sink other = new FlowTraffic.Sink(daemon.packetPool(2));
            final PortBinding elsewhere =
                    new PortBinding(other, 7, mac(right), new PortCounters()).atPoller(2);
            await(right.ports(List.of(elsewhere)));
            for (int cycle = 0; cycle < 200; cycle++) {
                daemon.doWork();
            }
            assertThat(other.received()).isZero();
            sink = sink(2);
        }
        assertThat(sink.received()).isZero();
    }

    @Test
    void shouldRefuseWhatIsNotThere() {
        sink(0);
        assertThatThrownBy(() -> await2(right.moveQueue(QUEUES, 0)))
                .hasMessageContaining("there is no queue 6; there are 0 to 5");
        assertThatThrownBy(() -> await2(right.moveQueue(0, POLLERS)))
                .hasMessageContaining("there is no poller 3; there are 0 to 2");
        assertThatThrownBy(() -> await2(right.moveQueue(0, -1)))
                .hasMessageContaining("there is no poller -1");
    }

    private void await2(final CompletableFuture<?> future) {
        for (int i = 0; i < CYCLES_MAX && !future.isDone(); i++) {
            daemon.doWork();
        }
        future.join();
    }

    private int pollerOf(final FunctionClient function, final int queue) {
        return await(function.ask(vf -> function.pollerOf(queue)));
    }
}
