package dev.javf.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.javf.sim.SimulatedDelays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DelayWordsTest {
    private static final SimulatedDelays TYPICAL = SimulatedDelays.TYPICAL;

    @Test
    void shouldKnowBothNames() {
        assertThat(DelayWords.parse("typical")).isEqualTo(TYPICAL);
        assertThat(DelayWords.parse("none")).isEqualTo(SimulatedDelays.NONE);
    }

    @ParameterizedTest
    @CsvSource({
        "mailbox=3ms,           3000000, 3000000, 0, 0, 0, 0, 0",
        "message=4us,           0, 0, 4000, 0, 0, 0, 0",
        "rule=5us,              0, 0, 0, 5000, 0, 0, 0",
        "vf-reset=6ms,          0, 0, 0, 0, 6000000, 0, 0",
        "pf-reset-hardware=7ms, 0, 0, 0, 0, 0, 7000000, 0",
        "pf-reset=2s,           0, 0, 0, 0, 0, 0, 2000000000",
    })
    void shouldSetWhatAWordNames(
            final String word,
            final long mailboxToPfNs,
            final long mailboxToVfNs,
            final long messageNs,
            final long ruleNs,
            final long vfResetNs,
            final long pfResetHardwareNs,
            final long pfResetNs) {
        assertThat(DelayWords.parse("none," + word))
                .isEqualTo(
                        new SimulatedDelays(
                                mailboxToPfNs,
                                mailboxToVfNs,
                                messageNs,
                                ruleNs,
                                vfResetNs,
                                pfResetHardwareNs,
                                pfResetNs));
    }

    @Test
    void shouldLeaveTheOthersTypical() {
        assertThat(DelayWords.parse("rule=1ms,message=2ms"))
                .isEqualTo(TYPICAL.withWork(2_000_000, 1_000_000));
    }

    @ParameterizedTest
    @CsvSource({"fast", "rule", "rules=1us", "rule=1", "rule=-1us", "none;rule=1us"})
    void shouldSayWhatItWouldTake(final String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> DelayWords.parse(text));
    }
}
