package dev.javf.testing;

import java.lang.management.ManagementFactory;

/** Measures the bytes that a thread allocates on the Java heap. */
public final class Allocations {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

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

    private static long difference(final Runnable body) {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        body.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
