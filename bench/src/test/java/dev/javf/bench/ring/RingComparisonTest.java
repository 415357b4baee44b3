package dev.javf.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The comparison measures what it says; figures aren't looked at. */
class RingComparisonTest {
    @Test
    void shouldMeasureEveryRing() throws InterruptedException {
        assertThat(RingComparison.rings(1, 0))
                .contains("| one thread | 1 |")
                .contains("| one thread | 64 |");
    }

    @Test
    void shouldMeasureTheCopies() {
        assertThat(CopyCost.table(1)).contains("| 64 |").contains("| 1514 |");
    }
}
