package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.EthStatistics;

import org.junit.jupiter.api.Test;

class PfStatisticsTest {
    private final PfStatistics statistics = new PfStatistics();

    private void answer(final long rxBytes, final long txBytes) {
        statistics.onAnswer(new EthStatistics(rxBytes, 0, 0, 0, 0, 0, txBytes, 0, 0, 0, 0, 0));
    }

    private void assertCounts(final long rxBytes, final long txBytes) {
        assertThat(statistics.get(PfStatistics.Field.RX_BYTES)).isEqualTo(rxBytes);
        assertThat(statistics.get(PfStatistics.Field.TX_BYTES)).isEqualTo(txBytes);
    }

    @Test
    void shouldAddUpWhatThePfCountsAnewAfterEveryReset() {
        answer(100, 10);
        answer(150, 10);
        statistics.onReset();
        answer(20, 0);
        assertCounts(170, 10);
        answer(30, 5);
        assertCounts(180, 15);
        assertThat(statistics.answers()).isEqualTo(4);
    }

    @Test
    void shouldNotCountTwiceWhenAResetKeptTheCounters() {
        answer(100, 10);
        statistics.onReset();
        answer(120, 10);
        assertCounts(120, 10);
    }

    @Test
    void shouldPassOverALateDuplicateOfAnEarlierAnswer() {
        answer(100, 10);
        answer(200, 20);
        answer(100, 10);
        assertCounts(200, 20);
        answer(210, 21);
        assertCounts(210, 21);
    }

    @Test
    void shouldBelieveInARestartThatNobodyNoticedWhenItStays() {
        answer(200, 20);
        answer(5, 1);
        assertCounts(200, 20);
        answer(6, 1);
        assertCounts(206, 21);
    }

    @Test
    void shouldNeverFallWhateverThePfSays() {
        answer(100, 10);
        answer(-1, Long.MIN_VALUE);
        answer(0, 0);
        answer(Long.MAX_VALUE, 1);
        assertThat(statistics.get(PfStatistics.Field.RX_BYTES)).isBetween(100L, 1000L);
        assertThat(statistics.get(PfStatistics.Field.TX_BYTES)).isBetween(10L, 1000L);
    }
}
