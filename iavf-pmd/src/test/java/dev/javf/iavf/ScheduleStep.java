package dev.javf.iavf;

import java.util.Locale;

/**
 * One step of a {@link Schedule}.
 *
 * @param pauseNs how long nothing new happens before it.
 * @param action what happens then; says itself in a few words.
 */
record ScheduleStep(long pauseNs, Action action) {
    /** Does something to the world, with what it carries and nothing else. */
    @FunctionalInterface
    interface Action {
        void run(ScheduleWorld world);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "after %.3f ms: %s", pauseNs / 1e6, action);
    }
}
