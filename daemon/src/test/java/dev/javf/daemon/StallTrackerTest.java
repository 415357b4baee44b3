package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Counters;

import org.agrona.concurrent.Agent;
import org.junit.jupiter.api.Test;

/** What counts as a stall. */
class StallTrackerTest {
    private final StallTracker tracker = new StallTracker("an agent", 1_000_000, Counters.PRIVATE);

    @Test
    void shouldRememberTheLongestDistanceAndCountTheStalls() {
        for (final long nowNs : new long[] {-5_000_000, -4_500_000, -2_500_000, -2_499_999, 0}) {
            tracker.measure(nowNs);
        }
        assertThat(tracker.maxNs()).isEqualTo(2_499_999);
        assertThat(tracker.stalls()).isEqualTo(2);
        assertThat(tracker.describe())
                .isEqualTo("an agent stalled 2 times for more than 1.000 ms, at most 2.500 ms");
    }

    @Test
    void shouldTakeNoSleepForAStall() {
        tracker.measure(0);
        tracker.awake(500_000_000);
        tracker.measure(500_000_100);
        assertThat(tracker.beats()).isEqualTo(3);
        assertThat(tracker.maxNs()).isEqualTo(100);
        assertThat(tracker.stalls()).isZero();
    }

    @Test
    void shouldSortTimesIntoBucketsThatDouble() {
        assertThat(StallTracker.bucket(-1)).isZero();
        assertThat(StallTracker.bucket(127)).isZero();
        assertThat(StallTracker.bucket(128)).isEqualTo(1);
        assertThat(StallTracker.bucket(255)).isEqualTo(1);
        assertThat(StallTracker.bucket(1L << 28)).isEqualTo(22);
        assertThat(StallTracker.bucket(1L << 29)).isEqualTo(23);
        assertThat(StallTracker.bucket(Long.MAX_VALUE)).isEqualTo(23);
    }

    @Test
    void shouldSayNothingWithoutStalls() {
        tracker.measure(Long.MAX_VALUE - 10);
        tracker.measure(Long.MIN_VALUE + 10);
        assertThat(tracker.maxNs()).isEqualTo(21);
        assertThat(tracker.stalls()).isZero();
        assertThat(tracker.describe()).isEmpty();
    }

    @Test
    void shouldNoticeADutyCycleThatTakesTooLong() throws Exception {
        final long[] nowNs = {0};
        final Agent slow =
                new Agent() {
                    @Override
                    public int doWork() {
                        nowNs[0] += nowNs[0] == 20_000 ? 3_000_000 : 1_000;
                        return 1;
                    }

                    @Override
                    public String roleName() {
                        return "slow";
                    }
                };
        final TrackedAgent tracked = new TrackedAgent(slow, () -> nowNs[0], tracker);
        for (int i = 0; i < 64; i++) {
            assertThat(tracked.doWork()).isEqualTo(1);
        }
        assertThat(tracker.stalls()).isEqualTo(1);
        assertThat(tracker.maxNs()).isBetween(3_000_000L, 3_016_000L);
    }
}
