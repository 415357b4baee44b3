package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.iavf.TrafficCounters;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** The queues and ports of a function at several pollers, and queues that move between them. */
class SeveralPollersTest {
    private static final int POLLERS = 3;
    private static final int QUEUES = 6;
    private static final int WINDOW = 512;

    private final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .daemon(context ->
                            context.pollers(4096, 4096, 4096).pollerChoice("sim:0/0", queue -> 0))
                    .functions(
                            settings -> settings.queuePairs(2).rxRingLength(128),
                            settings -> settings.queuePairs(QUEUES))
                    .launch();
    private final Javfd daemon = system.daemon();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();

    @AfterEach
    void close() {
        system.close();
    }

    private FlowTraffic.Source source(final int poller) {
        final FlowTraffic.Source source =
                new FlowTraffic.Source(
                        daemon.packetPool(poller), system.mac(left), system.mac(right));
        system.up(left, system.bind(left, source, 0).atPoller(poller));
        return source;
    }

    private FlowTraffic.Sink sink(final int poller) {
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(daemon.packetPool(poller));
        system.up(right, system.bind(right, sink, 0).atPoller(poller));
        return sink;
    }

    /** Frames on their way are at most so many that no ring is too short for them. */
    private void carry(
            final FlowTraffic.Source source, final FlowTraffic.Sink sink, final long frames) {
        FlowTraffic.carry(system, source, sink, frames, WINDOW);
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
        final long before = sink.received();
        for (int i = 0; i < 2000; i++) {
            source.allowUpTo(sink.received() + WINDOW);
            for (int poller = 0; poller < POLLERS; poller++) {
                allocated += Allocations.of(daemon.poller(poller)::doWork);
            }
            system.simulate();
        }
        final long carried = sink.received() - before;
        assertThat(carried).isGreaterThan(10_000);
        assertThat(allocated).as("bytes").isLessThan(carried / 10);
        carry(source, sink, 2 * WINDOW);
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
            source.allowUpTo(before + i + 1);
            for (int round = 0; round < 3; round++) {
                daemon.poller(0).doWork();
                daemon.poller(1).doWork();
                system.simulate();
            }
        }
        assertThat(sink.received()).isEqualTo(before);
        system.awaitUntil("what waited", () -> sink.received() >= before + WINDOW);
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
            system.await(moved);
            assertThat(pollerOf(function, queue)).isEqualTo(target);
        }
    }

    @Test
    void shouldKeepTheAssignmentThroughResets() {
        final FlowTraffic.Sink sink = sink(0);
        final FlowTraffic.Source source = source(0);
        carry(source, sink, 1000);
        system.await(right.moveQueue(0, 2));
        final CompletableFuture<Void> moved = right.moveQueue(1, 0);
        system.reset(right);
        system.await(moved);
        system.await(right.moveQueue(2, 1));
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
            source.allowUpTo(1000 + 200L * (i + 1));
            system.run(3 * i);
            // The same place in the list, another VLAN: nothing may come there.
            final FlowTraffic.Sink other = new FlowTraffic.Sink(daemon.packetPool(2));
            system.await(right.ports(List.of(system.bind(right, other, 7).atPoller(2))));
            system.run(200);
            assertThat(other.received()).isZero();
            sink = sink(2);
        }
        assertThat(sink.received()).isZero();
    }

    @Test
    void shouldRefuseWhatIsNotThere() {
        sink(0);
        assertThatThrownBy(() -> system.await(right.moveQueue(QUEUES, 0)))
                .hasMessageContaining("there is no queue 6; there are 0 to 5");
        assertThatThrownBy(() -> system.await(right.moveQueue(0, POLLERS)))
                .hasMessageContaining("there is no poller 3; there are 0 to 2");
        assertThatThrownBy(() -> system.await(right.moveQueue(0, -1)))
                .hasMessageContaining("there is no poller -1");
    }

    private int pollerOf(final FunctionClient function, final int queue) {
        return system.await(function.ask(vf -> function.pollerOf(queue)));
    }
}
