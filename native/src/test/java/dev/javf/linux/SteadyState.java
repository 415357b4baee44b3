package dev.javf.linux;

import dev.javf.testing.Allocations;

/**
 * What code allocates once it is compiled. A downcall allocates while the interpreter runs it, and
 * when the compiler gets to it depends on the machine's load, so the rounds go on until one is
 * clean.
 */
final class SteadyState {
    private static final int MAX_WARM_UP_ROUNDS = 50;

    private SteadyState() {}

    /** Bytes that one more run of {@code body} allocates after the first run without any. */
    static long allocatedBytes(final Runnable body) {
        for (int i = 0; i < MAX_WARM_UP_ROUNDS; i++) {
            if (Allocations.of(body) == 0) {
                break;
            }
        }
        return Allocations.of(body);
    }
}
