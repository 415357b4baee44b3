package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.FlowTraffic;
import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.testing.Allocations;

import org.junit.jupiter.api.Test;

import java.util.concurrent.TimeUnit;

/**
 * What the daemon allocates while packets move and nobody asks for anything: conductor, poller and
 * simulator together, for a second of the virtual clock.
 */
class SteadyStateTest {

    /** Two functions ask for their statistics once a second. */
    private static final long BYTES_PER_SECOND_MAX = 16 << 10;

    private static final int SECONDS_MAX = 5;

    private static final int WINDOW = 64;

    @Test
    void shouldAllocateNextToNothingWhilePacketsMove() {
        try (SimulatedDaemon system = SimulatedDaemon.onOneThread()) {
            final FlowTraffic.Sink sink = new FlowTraffic.Sink(system.daemon().packetPool());
            final FlowTraffic.Source source =
                    new FlowTraffic.Source(
                            system.daemon().packetPool(),
                            system.mac(system.left()),
                            system.mac(system.right()));
            system.up(system.right(), system.bind(system.right(), sink, 0));
            system.up(system.left(), system.bind(system.left(), source, 0));
            carryForASecond(system, source, sink);
            final long before = sink.received();
            // The compiler's own changes of mind cost some bytes at times: the best of a few.
            long bytes = Long.MAX_VALUE;
            for (int second = 0; second < SECONDS_MAX && bytes >= BYTES_PER_SECOND_MAX; second++) {
                bytes =
                        Math.min(
                                bytes, Allocations.of(() -> carryForASecond(system, source, sink)));
            }
            assertThat(bytes).as("bytes in a second").isLessThan(BYTES_PER_SECOND_MAX);
            assertThat(sink.received() - before).as("frames").isGreaterThan(100_000);
            assertThat(sink.misplaced()).isZero();
        }
    }

    private static void carryForASecond(
            final SimulatedDaemon system,
            final FlowTraffic.Source source,
            final FlowTraffic.Sink sink) {
        final long endNs = system.clock().nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (system.clock().nanoTime() < endNs) {
            source.allowUpTo(sink.received() + WINDOW);
            system.work();
        }
    }
}
