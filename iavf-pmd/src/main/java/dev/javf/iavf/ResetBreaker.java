package dev.javf.iavf;

import java.util.function.Consumer;

/**
 * Keeps a VF that is reset again and again from doing nothing else. A PF may answer something that
 * the driver sends with a reset; then the driver comes up, sends it again, and both are busy for
 * ever. More than so many resets within a minute, whoever starts them, are a storm: from then on
 * each one is followed by a pause before the PF is spoken to again, twice as long as the one
 * before. The first is reported as an alarm. A storm is over after a minute without reset.
 */
final class ResetBreaker {
    /** The time in which resets are counted, and how long calm must last to end a storm. */
    static final long WINDOW_NS = 60_000_000_000L;

    private final long[] times;
    private final long pauseMinNs;
    private final long pauseMaxNs;
    private final Consumer<String> alarm;
    private int resets;
    private boolean isStorm;
    private long pauseNs;

    /**
     * No resets yet.
     *
     * @param resetsPerMinute that are let through without a pause.
     * @param pauseMinNs the first pause.
     * @param pauseMaxNs the longest.
     * @param alarm told once when a storm begins.
     */
    ResetBreaker(
            final int resetsPerMinute,
            final long pauseMinNs,
            final long pauseMaxNs,
            final Consumer<String> alarm) {
        times = new long[resetsPerMinute];
        this.pauseMinNs = pauseMinNs;
        this.pauseMaxNs = pauseMaxNs;
        this.alarm = alarm;
    }

    /**
     * The VF is being reset.
     *
     * @return for how long it has to be left alone.
     */
    long onReset(final long nowNs) {
        final int last = Math.floorMod(resets - 1, times.length);
        if (isStorm && nowNs - times[last] >= WINDOW_NS + pauseNs) {
            isStorm = false;
        }
        final int slot = resets % times.length;
        final boolean tooMany = resets >= times.length && nowNs - times[slot] < WINDOW_NS;
        times[slot] = nowNs;
        // Stays between one and two rounds, so that it can't overflow.
        resets = resets + 1 == 2 * times.length ? times.length : resets + 1;
        if (isStorm) {
            pauseNs = Math.min(2 * pauseNs, pauseMaxNs);
        } else if (tooMany) {
            isStorm = true;
            pauseNs = pauseMinNs;
            alarm.accept(
                    "more than "
                            + times.length
                            + " resets within a minute; pausing between them, up to "
                            + pauseMaxNs / 1_000_000_000
                            + " s: see the kernel log of the PF's host for what it resets the VF"
                            + " for");
        }
        return isStorm ? pauseNs : 0;
    }
}
