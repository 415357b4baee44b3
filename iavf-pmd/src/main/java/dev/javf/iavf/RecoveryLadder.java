package dev.javf.iavf;

/**
 * What to try when only a reset helps: first a VF reset, then a function-level reset, then further
 * ones after ever longer pauses. It never ends, and a VF that has worked for a while starts at the
 * bottom again.
 */
final class RecoveryLadder {
    private static final long WORKED_NS = 10_000_000_000L;
    private static final int ATTEMPTS_WITHOUT_PAUSE = 2;

    private final long pauseMinNs;
    private final long pauseMaxNs;
    private int attempts;
    private boolean working;
    private long workingSinceNs;
    private long dueNs;

    RecoveryLadder(final long pauseMinNs, final long pauseMaxNs) {
        this.pauseMinNs = pauseMinNs;
        this.pauseMaxNs = pauseMaxNs;
    }

    /** The VF has got as far as {@link LifecycleState#DOWN} or {@link LifecycleState#UP}. */
    void onWorking(final long nowNs) {
        if (!working) {
            working = true;
            workingSinceNs = nowNs;
        }
    }

    /**
     * Something failed.
     *
     * @return the pause before the next attempt.
     */
    long onFailure(final long nowNs) {
        if (working && nowNs - workingSinceNs >= WORKED_NS) {
            attempts = 0;
        }
        working = false;
        attempts++;
        final long pauseNs = pauseNs();
        dueNs = nowNs + pauseNs;
        return pauseNs;
    }

    private long pauseNs() {
        final int doublings = attempts - ATTEMPTS_WITHOUT_PAUSE - 1;
        if (doublings < 0) {
            return 0;
        }
        // Doubling until the limit, without overflow.
        long pauseNs = pauseMinNs;
        for (int i = 0; i < doublings && pauseNs < pauseMaxNs; i++) {
            pauseNs *= 2;
        }
        return Math.min(pauseNs, pauseMaxNs);
    }

    /** Whether the pause is over. */
    boolean isDue(final long nowNs) {
        return nowNs - dueNs >= 0;
    }

    /**
     * How to reset.
     *
     * @param mailboxWorks whether a message can be sent at all.
     */
    ResetProcedure.Method method(final boolean mailboxWorks) {
        return attempts <= 1 && mailboxWorks
                ? ResetProcedure.Method.VF_RESET
                : ResetProcedure.Method.FUNCTION_LEVEL_RESET;
    }

    /** Failures since the VF last worked for a while. */
    int attempts() {
        return attempts;
    }
}
