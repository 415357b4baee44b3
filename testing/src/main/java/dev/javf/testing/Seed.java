package dev.javf.testing;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Randomised tests that can be replayed. Every run of a body gets a generator made from a seed of
 * its own; a failure names the seed, and {@code -Djavf.test.seed=N} then runs that seed alone.
 */
public final class Seed {
    /** System property that replays one seed. */
    public static final String SEED_PROP_NAME = "javf.test.seed";

    private Seed() {}

    /**
     * Runs {@code body} with the seeds {@code first}, {@code first + 1}, ... ({@code runs} of
     * them), or with the one seed that the system property names.
     *
     * @param first the first seed; fixed in the test, so that a build is repeatable.
     * @param runs how many seeds, at least 1.
     * @param body the test; it must take all its randomness from the generator given.
     */
    public static void forEach(
            final long first, final int runs, final Consumer<SplittableRandom> body) {
        final Long replay = Long.getLong(SEED_PROP_NAME);
        if (replay != null) {
            run(replay, body);
            return;
        }
        for (int i = 0; i < runs; i++) {
            run(first + i, body);
        }
    }

    private static void run(final long seed, final Consumer<SplittableRandom> body) {
        try {
            body.accept(new SplittableRandom(seed));
        } catch (final Throwable t) {
            throw new AssertionError(
                    "failed with seed "
                            + seed
                            + "; replay it with -D"
                            + SEED_PROP_NAME
                            + "="
                            + seed
                            + ": "
                            + t.getMessage(),
                    t);
        }
    }
}
