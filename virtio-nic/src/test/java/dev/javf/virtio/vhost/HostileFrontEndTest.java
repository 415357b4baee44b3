package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever a front-end and its guest do, nothing is thrown, nothing outside the guest's memory is
 * read or written, and every packet buffer and descriptor comes back.
 */
class HostileFrontEndTest {
    private static final int OPERATIONS = 10_000;

    /** 2 * 10^5 operations. */
    @Test
    void shouldWithstandAnyFrontEnd() {
        withstand(1, 20);
    }

    /** 10^7 operations. */
    @Test
    @Tag("proof")
    void shouldWithstandAnyFrontEndForLong() {
        withstand(1_000, 1_000);
    }

    private static void withstand(final long firstSeed, final int seeds) {
        final long before = VhostRig.openDescriptors();
        final long[] reached = new long[4];
        Seed.forEach(
                firstSeed,
                seeds,
                random -> {
                    try (HostileFrontEnd frontEnd = new HostileFrontEnd(random)) {
                        frontEnd.act(OPERATIONS);
                        reached[0] += frontEnd.violations();
                        reached[1] += frontEnd.received();
                        reached[2] += frontEnd.given();
                        reached[3] += frontEnd.refusals();
                    }
                });
        System.out.printf(
                "vhost-user: %d operations; %d connections ended, %d requests refused,"
                        + " %d packets from guests, %d to guests%n",
                (long) seeds * OPERATIONS, reached[0], reached[3], reached[1], reached[2]);
        assertThat(VhostRig.openDescriptors()).isEqualTo(before);
        assertThat(reached[0]).as("violations").isGreaterThan(10L * seeds);
        assertThat(reached[1]).as("packets from the guest").isGreaterThan(10L * seeds);
        assertThat(reached[2]).as("packets to the guest").isGreaterThan(10L * seeds);
        assertThat(reached[3]).as("refusals").isGreaterThan(10L * seeds);
    }
}
