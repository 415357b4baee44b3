package dev.javf.iavf;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Resets of all kinds at random moments, announced, silent, stuck, late and in storms, a device
 * that vanishes and returns, together with requests and faults: in the end the PF holds what is
 * wanted, and nothing is wrong on the way.
 */
class ResetSchedulesTest {
    @Test
    void shouldHoldWhatIsWantedAfterResets() {
        ScheduleCampaign.run(1, 200, 1, ScheduleGenerator::generateWithResets);
    }

    @Test
    @Tag("proof")
    void shouldHoldWhatIsWantedAfterResetsManyTimes() {
        ScheduleCampaign.run(1_000, 100_000, 2, ScheduleGenerator::generateWithResets);
    }
}
