package dev.javf.iavf;

/**
 * How long a VF's driver waits for what. All in nanoseconds, more than 0.
 *
 * @param requestNs how long a request may be without answer.
 * @param resetPollIntervalNs how often the registers are looked at for a reset that nobody
 *     announced.
 * @param resetStartNs how long a reset that was announced or asked for may take to begin.
 * @param resetNs how long a reset may take; that of a whole PF takes seconds.
 * @param removalNs how long the bus may give no answer before the device counts as removed.
 * @param releaseNs how long the PF may be waited for when the system wants the device back.
 * @param pauseMinNs the first pause between resets that don't help; later ones double.
 * @param pauseMaxNs the longest pause between resets that don't help.
 */
public record Timeouts(
        long requestNs,
        long resetPollIntervalNs,
        long resetStartNs,
        long resetNs,
        long removalNs,
        long releaseNs,
        long pauseMinNs,
        long pauseMaxNs) {
    /** What is used unless told otherwise: 2 s, 10 ms, 1 s, 10 s, 10 s, 1 s, 100 ms, 30 s. */
    public static final Timeouts DEFAULTS =
            new Timeouts(
                    2_000_000_000L,
                    10_000_000L,
                    1_000_000_000L,
                    10_000_000_000L,
                    10_000_000_000L,
                    1_000_000_000L,
                    100_000_000L,
                    30_000_000_000L);

    /** Checks the ranges. */
    public Timeouts {
        check("requestNs", requestNs);
        check("resetPollIntervalNs", resetPollIntervalNs);
        check("resetStartNs", resetStartNs);
        check("resetNs", resetNs);
        check("removalNs", removalNs);
        check("releaseNs", releaseNs);
        check("pauseMinNs", pauseMinNs);
        check("pauseMaxNs", pauseMaxNs);
    }

    private static void check(final String name, final long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " " + value + ": must be more than 0");
        }
    }

    /**
     * The same with another time for requests.
     *
     * @param valueNs how long a request may be without answer.
     * @return new timeouts.
     */
    public Timeouts withRequestNs(final long valueNs) {
        return new Timeouts(
                valueNs,
                resetPollIntervalNs,
                resetStartNs,
                resetNs,
                removalNs,
                releaseNs,
                pauseMinNs,
                pauseMaxNs);
    }
}
