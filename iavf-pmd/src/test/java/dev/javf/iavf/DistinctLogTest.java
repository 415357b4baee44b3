package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.System.Logger.Level;

class DistinctLogTest {
    private final LogLines logger = new LogLines();
    private final DistinctLog log = new DistinctLog(logger, "vf0: ");

    @Test
    void shouldWriteTheFirstLineOfAKindAndCountTheOthersForAWhile() {
        for (int i = 0; i < 1000; i++) {
            log.distinct(Level.WARNING, "a", "line " + i, i);
        }
        log.distinct(Level.WARNING, "b", "other", 5);
        log.distinct(Level.WARNING, "a", "again", DistinctLog.QUIET_NS);
        log.distinct(Level.WARNING, "a", "and again", 2 * DistinctLog.QUIET_NS);
        assertThat(logger.lines)
                .containsExactly(
                        "WARNING vf0: line 0",
                        "WARNING vf0: other",
                        "WARNING vf0: again (999 more of these since)",
                        "WARNING vf0: and again");
    }

    @Test
    void shouldWriteWhatIsRareEveryTime() {
        log.always(Level.INFO, "x");
        log.always(Level.INFO, "x");
        assertThat(logger.lines).containsExactly("INFO vf0: x", "INFO vf0: x");
    }
}
