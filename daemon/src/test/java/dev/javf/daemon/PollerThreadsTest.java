package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.TrafficCounters;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPort;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Pollers on threads of their own, each waiting in its way, while queues move between them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerThreadsTest {
    private static final int QUEUES = 4;
    private static final int WINDOW = 256;
    private static final int FRAMES = 20_000;

    /** No thread waits for a processor that long. */
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(30);

    private final SimulatedPhysicalFunction simulator =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .nanoClock(System::nanoTime)
                            .delays(SimulatedDelays.TYPICAL));
    private Javfd daemon;
    private FunctionClient left;
    private FunctionClient right;

    @BeforeEach
    void launch() {
        daemon =
                Javfd.launch(
                        new JavfdContext()
                                .simulator(simulator)
                                .pollers(4096, 4096, 4096)
                                .pollerWaiting(
                                        List.of(
                                                PollerWaiting.BACK_OFF,
                                                PollerWaiting.INTERRUPT,
                                                PollerWaiting.INTERRUPT))
                                .device(new InProcessDoor(simulator.virtualFunction(0)))
                                .device(
                                        new InProcessDoor(simulator.virtualFunction(1)),
                                        settings -> settings.queuePairs(QUEUES)));
        left = daemon.function("sim:0/0");
        right = daemon.function("sim:0/1");
    }

    @AfterEach
    void close() {
        daemon.close();
        assertThat(daemon.errorCount()).isZero();
        simulator.close();
    }

    private static <T> T await(final CompletableFuture<T> future) {
        return future.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static MacAddress mac(final FunctionClient function) {
        return await(function.ask(vf -> Objects.requireNonNull(vf.macAddress())));
    }

    private void up(final FunctionClient function, final PacketPort port, final int poller) {
        final PortBinding binding =
                new PortBinding(port, 0, mac(function), new PortCounters()).atPoller(poller);
        await(function.ports(List.of(binding)));
        function.up();
        await(function.state(LifecycleState.UP));
    }

    @Test
    void shouldLoseNothingWhileQueuesMove() {
        await(left.state(LifecycleState.DOWN));
        await(right.state(LifecycleState.DOWN));
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(daemon.packetPool(2));
        final FlowTraffic.Source source =
                new FlowTraffic.Source(daemon.packetPool(0), mac(left), mac(right));
        up(right, sink, 2);
        up(left, source, 0);
        long allowed = 0;
        int moves = 0;
        long seen = 0;
        long seenNs = System.nanoTime();
        CompletableFuture<Void> moving = CompletableFuture.completedFuture(null);
        while (sink.received() < FRAMES) {
            if (seen != sink.received()) {
                seen = sink.received();
                seenNs = System.nanoTime();
            }
            if (System.nanoTime() - seenNs > STUCK_NS) {
                throw new AssertionError(account(sink, allowed, moving));
            }
            final long more = Math.min(FRAMES, sink.received() + WINDOW) - allowed;
            source.allow(more);
            allowed += more;
            if (moving.isDone() && allowed > (moves + 1L) * FRAMES / 100) {
                moving = right.moveQueue(moves % QUEUES, moves * 7 / QUEUES % 3);
                moves++;
            }
            LockSupport.parkNanos(20_000);
        }
        await(moving);
        assertThat(moves).isGreaterThan(10);
        assertThat(sink.isComplete(FRAMES)).isTrue();
        assertThat(sink.misplaced()).isZero();
    }

    private String account(
            final FlowTraffic.Sink sink, final long sent, final CompletableFuture<Void> moving) {
        final TrafficCounters traffic = right.monitor().traffic();
        final StringBuilder queues = new StringBuilder();
        for (int i = 0; i < traffic.queueCount(); i++) {
            queues.append(' ').append(traffic.rxPackets(i));
        }
        return "nothing comes any more: %d sent, received by the queues:%s, by the port %d; moves %s; %s"
                .formatted(sent, queues, sink.received(), moving, daemon.stalls());
    }
}
