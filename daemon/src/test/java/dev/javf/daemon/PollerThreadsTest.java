package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.iavf.TrafficCounters;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Pollers on threads of their own, each waiting in its way, while queues move between them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerThreadsTest {
    private static final int QUEUES = 4;
    private static final int WINDOW = 256;
    private static final int FRAMES = 20_000;

    /** No thread waits for a processor that long. */
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(30);

    private final SimulatedDaemon system =
            new SimulatedDaemonContext()
                    .threads(true)
                    .daemon(context ->
                            context.pollers(4096, 4096, 4096)
                                    .pollerWaiting(
                                            List.of(
                                                    PollerWaiting.BACK_OFF,
                                                    PollerWaiting.INTERRUPT,
                                                    PollerWaiting.INTERRUPT)))
                    .functions(UnaryOperator.identity(), settings -> settings.queuePairs(QUEUES))
                    .launch();
    private final FunctionClient left = system.left();
    private final FunctionClient right = system.right();

    @AfterEach
    void close() {
        system.close();
    }

    @Test
    void shouldLoseNothingWhileQueuesMove() {
        final FlowTraffic.Sink sink = new FlowTraffic.Sink(system.daemon().packetPool(2));
        final FlowTraffic.Source source =
                new FlowTraffic.Source(
                        system.daemon().packetPool(0), system.mac(left), system.mac(right));
        system.up(right, system.bind(right, sink, 0).atPoller(2));
        system.up(left, system.bind(left, source, 0));
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
            allowed = Math.min(FRAMES, sink.received() + WINDOW);
            source.allowUpTo(allowed);
            if (moving.isDone() && allowed > (moves + 1L) * FRAMES / 100) {
                moving = right.moveQueue(moves % QUEUES, moves * 7 / QUEUES % 3);
                moves++;
            }
            system.work();
        }
        system.await(moving);
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
                .formatted(sent, queues, sink.received(), moving, system.daemon().stalls());
    }
}
