package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class ResetBreakerTest {
    private static final long SECOND_NS = 1_000_000_000;

    private final List<String> alarms = new ArrayList<>();
    private final ResetBreaker breaker = new ResetBreaker(4, 100, 1000, alarms::add);

    private void trip(final long nowNs) {
        for (int i = 0; i < 4; i++) {
            assertThat(breaker.onReset(nowNs + i)).isZero();
        }
    }

    @Test
    void shouldLetSoManyResetsThroughInAMinute() {
        for (int i = 0; i < 100; i++) {
            assertThat(breaker.onReset(i * 15L * SECOND_NS)).isZero();
        }
        assertThat(alarms).isEmpty();
    }

    @Test
    void shouldPauseLongerAndLongerInAStormAndSayItOnce() {
        trip(0);
        final long[] pauses = {100, 200, 400, 800, 1000, 1000, 1000};
        for (final long pause : pauses) {
            assertThat(breaker.onReset(10)).isEqualTo(pause);
        }
        assertThat(alarms).hasSize(1);
        assertThat(alarms.getFirst()).contains("more than 4 resets within a minute");
    }

    @Test
    void shouldGoOnPausingUntilThereWasAMinuteWithoutReset() {
        trip(0);
        assertThat(breaker.onReset(10)).isEqualTo(100);
        assertThat(breaker.onReset(59 * SECOND_NS)).isEqualTo(200);
        assertThat(breaker.onReset(118 * SECOND_NS)).isEqualTo(400);
        assertThat(breaker.onReset(190 * SECOND_NS)).isZero();
        trip(300 * SECOND_NS);
        assertThat(breaker.onReset(301 * SECOND_NS)).isEqualTo(100);
        assertThat(alarms).hasSize(2);
    }

    @Test
    void shouldWorkWithTimesThatWrap() {
        final long start = Long.sum(Long.MAX_VALUE, -1);
        trip(start);
        assertThat(breaker.onReset(start + 10)).isEqualTo(100);
        assertThat(breaker.onReset(start + 200 * SECOND_NS)).isZero();
    }

    @Test
    void shouldCountForALongTime() {
        for (int round = 1; round < 1000; round++) {
            trip(round * 1000L * SECOND_NS);
            assertThat(breaker.onReset(round * 1000L * SECOND_NS + 10)).isEqualTo(100);
        }
        assertThat(alarms).hasSize(999);
    }
}
