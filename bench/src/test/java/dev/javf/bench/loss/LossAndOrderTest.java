package dev.javf.bench.loss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.Javfd;
import dev.javf.daemon.PollerCycle;
import dev.javf.testing.Allocations;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.function.Consumer;

/** Few frames and many; {@code -Djavf.test.frames} sets how many. */
class LossAndOrderTest {
    private static final long WARM_UP_CYCLES = 1_000;

    private long cycles;
    private long allocatedBytes;

    @Test
    void shouldLoseNoFrameOfAnySize() {
        check(Long.getLong("javf.test.frames", LossAndOrder.SIZES), Javfd::doWork);
    }

    @Test
    @Tag("proof")
    void shouldLoseNoneOfMillions() {
        final long frames = Long.getLong("javf.test.frames", 2_000_000);
        check(
                frames,
                daemon -> {
                    final long bytes = Allocations.of(() -> PollerCycle.run(daemon));
                    if (cycles++ >= WARM_UP_CYCLES) {
                        allocatedBytes += bytes;
                    }
                    daemon.doWork();
                });
        assertThat(cycles).isGreaterThan(2 * WARM_UP_CYCLES);
        assertThat(allocatedBytes).as("by the poller, after the warm-up").isLessThan(frames / 100);
    }

    private static void check(final long frames, final Consumer<Javfd> cycle) {
        final LossAndOrder.Result result = LossAndOrder.carry(frames, cycle);
        assertThat(result.frames()).isEqualTo(frames);
        assertThat(result.misplaced()).as("frames lost, doubled or out of order").isZero();
        assertThat(result.damaged()).as("frames with a wrong byte").isZero();
    }
}
