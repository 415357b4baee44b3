package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.service.FunctionMeters.Outcome;
import dev.javf.daemon.service.FunctionMeters.Result;
import dev.javf.daemon.service.FunctionMeters.Stage;
import dev.javf.iavf.LifecycleState;
import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;

import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** What is timed and counted of a function, under a clock of the test's own. */
class FunctionMetersTest {
    private static final LifecycleState[] OPENING = {
        LifecycleState.OPENING,
        LifecycleState.NEGOTIATING,
        LifecycleState.CONFIGURING,
        LifecycleState.DOWN
    };

    private long nowNs = 1_000_000_000;
    private LifecycleState state = LifecycleState.CLOSED;
    private final FunctionMeters meters = new FunctionMeters(() -> nowNs);

    /** A millisecond later it is in another state. */
    private void to(final LifecycleState... next) {
        for (final LifecycleState each : next) {
            nowNs += TimeUnit.MILLISECONDS.toNanos(1);
            meters.onStateChange(state, each);
            state = each;
        }
    }

    private long count(final Stage stage) {
        return Objects.requireNonNull(meters.latencies().get(stage)).snapshot().getTotalCount();
    }

    private long sumMs(final Stage stage) {
        return TimeUnit.NANOSECONDS.toMillis(
                Objects.requireNonNull(meters.latencies().get(stage)).buckets().sum());
    }

    @Test
    void shouldTimeUpAndDown() {
        to(OPENING);
        to(LifecycleState.STARTING, LifecycleState.UP);
        assertThat(count(Stage.UP)).isEqualTo(1);
        assertThat(sumMs(Stage.UP)).isEqualTo(1);
        to(LifecycleState.STOPPING, LifecycleState.DOWN);
        assertThat(sumMs(Stage.DOWN)).isEqualTo(1);
        assertThat(count(Stage.RESET_OUTAGE)).isZero();
        assertThat(meters.resetDurations().snapshot().getTotalCount()).isZero();
        assertThat(meters.transitions()).hasSize(8);
    }

    @Test
    void shouldTimeAnOutageFromTheFirstResetToTheLast() {
        to(OPENING);
        to(LifecycleState.STARTING, LifecycleState.UP);
        to(LifecycleState.RESETTING, LifecycleState.NEEDS_RESET, LifecycleState.RESETTING);
        to(OPENING[1], OPENING[2], OPENING[3]);
        to(LifecycleState.STARTING, LifecycleState.UP);
        assertThat(sumMs(Stage.RESET_OUTAGE)).isEqualTo(7);
        assertThat(TimeUnit.NANOSECONDS.toMillis(meters.resetDurations().buckets().sum()))
                .isEqualTo(5);
        assertThat(count(Stage.UP)).isEqualTo(1);
    }

    @Test
    void shouldTakeNoOutageForOneThatSomebodyWanted() {
        to(OPENING);
        to(LifecycleState.STARTING, LifecycleState.UP, LifecycleState.RESETTING);
        to(OPENING[1], OPENING[2], LifecycleState.CLOSING, LifecycleState.CLOSED);
        to(OPENING);
        to(LifecycleState.STARTING, LifecycleState.UP);
        assertThat(count(Stage.RESET_OUTAGE)).isZero();
        assertThat(count(Stage.UP)).isEqualTo(2);
    }

    @Test
    void shouldCountRequestsByTheirEnd() {
        meters.onSent(Opcode.ADD_VLAN_V2, () -> "");
        meters.onFilters(Opcode.ADD_VLAN_V2, 8);
        meters.onSent(Opcode.GET_STATS, () -> "");
        meters.onSent(Opcode.RESET_VF, () -> "");
        assertThat(meters.inFlight()).isEqualTo(2);
        meters.onAnswered(Opcode.ADD_VLAN_V2, -5, 20_000, () -> "");
        meters.onTimeout(Opcode.GET_STATS, 5_000_000);
        assertThat(meters.inFlight()).isZero();
        assertThat(meters.outcomes().keySet())
                .containsExactlyInAnyOrder(
                        new Outcome(Opcode.ADD_VLAN_V2, Result.ERROR),
                        new Outcome(Opcode.GET_STATS, Result.TIMEOUT));
        assertThat(Objects.requireNonNull(meters.batches().get(Opcode.ADD_VLAN_V2)).sum())
                .isEqualTo(8);
        assertThat(
                        Objects.requireNonNull(meters.roundTrips().get(Opcode.ADD_VLAN_V2))
                                .snapshot()
                                .getMaxValue())
                .isBetween(19_800L, 20_200L);
        meters.onSent(Opcode.GET_STATS, () -> "");
        to(LifecycleState.OPENING, LifecycleState.RESETTING);
        assertThat(meters.inFlight()).isZero();
    }
}
