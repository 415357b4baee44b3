package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.iavf.TrafficCounters;
import dev.javf.sim.SimulatedDelays;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A function of 256 queue pairs at several pollers. */
class LargeFunctionPollersTest {
    private static final int POLLERS = 3;
    private static final int QUEUES = 256;
    private static final int WINDOW = 512;

    private final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .simulator(pf -> pf.maxQueuePairsPerVf(QUEUES).delays(SimulatedDelays.NONE))
                    .daemon(context -> context.pollers(8192, 8192, 8192))
                    .functions(
                            UnaryOperator.identity(),
                            settings ->
                                    settings.queuePairs(QUEUES).rxRingLength(64).txRingLength(64))
                    .launch();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();

    @AfterEach
    void close() {
        system.close();
    }

    private int pollerOf(final int queue) {
        return system.await(right.ask(vf -> right.pollerOf(queue)));
    }

    @Test
    void shouldGiveItsQueuesToSeveralPollersAndKeepThemThroughResetsAndMoves() {
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(system.daemon().packetPool(2));
        system.up(right, system.bind(right, sink, 0).atPoller(2));
        final FlowTraffic.Source source =
                new FlowTraffic.Source(
                        system.daemon().packetPool(0), system.mac(left), system.mac(right));
        system.up(left, system.bind(left, source, 0));
        assertThat(system.model(right).snapshot().rxQueues().bitCount()).isEqualTo(QUEUES);
        FlowTraffic.carry(system, source, sink, 10_000, WINDOW);
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
        system.await(right.moveQueue(moved, target));
        system.reset(right);
        assertThat(pollerOf(moved)).isEqualTo(target);
        FlowTraffic.carry(system, source, sink, 10_000, WINDOW);
    }
}
