package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever a guest's driver does, nothing is thrown, nothing outside its memory is read or written,
 * every packet buffer comes back, and a reset helps.
 */
class HostileGuestTest {
    private static final int OPERATIONS = 10_000;

    /** 10^6 operations. */
    @Test
    void shouldWithstandAnyDriver() {
        withstand(1, 100);
    }

    /** 10^7 operations. */
    @Test
    @Tag("proof")
    void shouldWithstandAnyDriverForLong() {
        withstand(1_000, 1_000);
    }

    private static void withstand(final long firstSeed, final int seeds) {
        final long[] reached = new long[3];
        Seed.forEach(
                firstSeed,
                seeds,
                random -> {
                    try (HostileGuest guest = new HostileGuest(random)) {
                        guest.act(OPERATIONS);
                        reached[0] += guest.violations();
                        reached[1] += guest.received();
                        reached[2] += guest.given();
                    }
                });
        System.out.printf(
                "vfio-user: %d operations; %d violations, %d packets from guests, %d to guests%n",
                (long) seeds * OPERATIONS, reached[0], reached[1], reached[2]);
        // It gets deep: rules are broken, and packets pass both ways nevertheless.
        assertThat(reached[0]).as("violations").isGreaterThan(10L * seeds);
        assertThat(reached[1]).as("packets from the guest").isGreaterThan(10L * seeds);
        assertThat(reached[2]).as("packets to the guest").isGreaterThan(10L * seeds);
    }
}
