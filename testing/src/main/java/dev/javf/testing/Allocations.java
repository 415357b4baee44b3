package dev.javf.testing;

import java.lang.management.ManagementFactory;

/** Measures the bytes that a thread allocates on the Java heap. */
public final class Allocations {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int STEADY_RUNS = 20;

    private Allocations() {}

    /**
     * Bytes allocated by {@code body} on the calling thread. What the measurement itself costs is
     * taken off.
     *
     * @param body what to measure; run it warm, or class loading and compilation are counted too.
     * @return bytes.
     */
    public static long of(final Runnable body) {
        final long empty = difference(() -> {});
        return Math.max(0, difference(body) - empty);
    }

    /**
     * Bytes allocated by {@code body} once it is warm: the least of several runs. The compiler's
     * own changes of mind cost some bytes at times, which are not the body's.
     *
     * @param body what to measure; it must do the same in every run.
     * @return bytes.
     */
    public static long ofSteady(final Runnable body) {
        long least = of(body);
        for (int run = 1; run < STEADY_RUNS && least > 0; run++) {
            least = Math.min(least, of(body));
        }
        return least;
    }

    private static long difference(final Runnable body) {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        body.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
