package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A short soak; {@code -Djavf.test.seconds} sets for how long. */
class SoakTest {
    private static final long MIB = 1 << 20;

    @Test
    @Tag("proof")
    void shouldNeitherGrowNorLoseFrames() throws Exception {
        final StringBuilder table = new StringBuilder();
        assertThat(Soak.run(Long.getLong("javf.test.seconds", 25), 4, table))
                .as(table.toString())
                .isEmpty();
        System.out.print(table);
    }

    @Test
    void shouldFindGrowthBeyondTheMargins() {
        final Footprint before = new Footprint(20 * MIB, 50, 20);
        assertThat(new Footprint(24 * MIB, 52, 22).growthSince(before)).isEmpty();
        assertThat(new Footprint(25 * MIB, 52, 22).growthSince(before)).contains("heap");
        assertThat(new Footprint(20 * MIB, 53, 22).growthSince(before)).contains("3 more desc");
        assertThat(new Footprint(20 * MIB, 50, 23).growthSince(before)).contains("3 more threads");
    }
}
