package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecoveryLadderTest {
    private static final long SECOND_NS = 1_000_000_000;

    private final RecoveryLadder ladder = new RecoveryLadder(100, 1000);

    @Test
    void shouldTryAVfResetThenFunctionLevelResetsWithLongerAndLongerPauses() {
        assertThat(ladder.onFailure(0)).isZero();
        assertThat(ladder.method(true)).isEqualTo(ResetProcedure.Method.VF_RESET);
        assertThat(ladder.onFailure(0)).isZero();
        assertThat(ladder.method(true)).isEqualTo(ResetProcedure.Method.FUNCTION_LEVEL_RESET);
        final long[] pauses = {100, 200, 400, 800, 1000, 1000, 1000};
        for (final long pause : pauses) {
            assertThat(ladder.onFailure(0)).isEqualTo(pause);
            assertThat(ladder.method(true)).isEqualTo(ResetProcedure.Method.FUNCTION_LEVEL_RESET);
        }
        assertThat(ladder.attempts()).isEqualTo(9);
    }

    @Test
    void shouldWaitForThePause() {
        ladder.onFailure(0);
        ladder.onFailure(0);
        ladder.onFailure(50);
        assertThat(ladder.isDue(149)).isFalse();
        assertThat(ladder.isDue(150)).isTrue();
    }

    @Test
    void shouldNotAskThePfWithoutAMailbox() {
        ladder.onFailure(0);
        assertThat(ladder.method(false)).isEqualTo(ResetProcedure.Method.FUNCTION_LEVEL_RESET);
    }

    @Test
    void shouldBeginAtTheBottomAfterWorkingForAWhile() {
        ladder.onFailure(0);
        ladder.onFailure(0);
        ladder.onFailure(0);
        ladder.onWorking(SECOND_NS);
        assertThat(ladder.onFailure(2 * SECOND_NS)).isEqualTo(200);
        ladder.onWorking(3 * SECOND_NS);
        ladder.onWorking(13 * SECOND_NS);
        assertThat(ladder.onFailure(13 * SECOND_NS)).isZero();
        assertThat(ladder.method(true)).isEqualTo(ResetProcedure.Method.VF_RESET);
    }
}
