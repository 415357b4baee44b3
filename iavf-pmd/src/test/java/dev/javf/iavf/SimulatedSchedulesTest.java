package dev.javf.iavf;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random requests over 200 VLANs, random faults and resets, on every kind of PF: in the end the PF
 * holds what is wanted, and nothing is wrong on the way.
 */
class SimulatedSchedulesTest {
    @Test
    void shouldHoldWhatIsWantedInTheEnd() {
        ScheduleCampaign.run(1, 500, 1);
    }

    @Test
    @Tag("proof")
    void shouldHoldWhatIsWantedInTheEndManyTimes() {
        ScheduleCampaign.run(1_000, 100_000, 2);
    }
}
