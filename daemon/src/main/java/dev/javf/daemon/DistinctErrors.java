package dev.javf.daemon;

import org.agrona.ErrorHandler;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;

/**
 * Logs what an agent throws, each kind of error once and then at every doubling of its count, so
 * that an agent that fails in every duty cycle does not drown the log. Any thread.
 */
final class DistinctErrors implements ErrorHandler {
    private static final int KINDS = 256;

    private final Logger logger;
    private final Map<String, Long> counts = new HashMap<>();

    /**
     * Logs to a logger.
     *
     * @param logger where to.
     */
    DistinctErrors(final Logger logger) {
        this.logger = logger;
    }

    @Override
    public synchronized void onError(final Throwable error) {
        final StackTraceElement[] trace = error.getStackTrace();
        final String where = trace.length == 0 ? "" : " at " + trace[0];
        final String kind = error.getClass().getName() + where;
        if (counts.size() >= KINDS && !counts.containsKey(kind)) {
            return;
        }
        final long count = counts.merge(kind, 1L, Long::sum);
        if (Long.bitCount(count) == 1) {
            logger.log(Level.ERROR, "error " + count + " of its kind in a duty cycle", error);
        }
    }

    /** Number of errors, all kinds together. */
    synchronized long count() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
