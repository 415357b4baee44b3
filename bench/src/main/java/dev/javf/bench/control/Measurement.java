package dev.javf.bench.control;

import org.HdrHistogram.Histogram;

import java.util.Locale;

/**
 * One row of results.
 *
 * @param what was done: {@code add}, {@code down and up}.
 * @param vlans how many.
 * @param rule who did it.
 * @param histogram of the times, in nanoseconds.
 * @param boundNs the least that it can take; 0 where none is stated.
 */
record Measurement(String what, int vlans, Rule rule, Histogram histogram, long boundNs) {
    /** Highest time that a histogram takes, 10 minutes. */
    static final long HIGHEST_NS = 600_000_000_000L;

    private static final int DIGITS = 4;

    static Histogram newHistogram() {
        return new Histogram(HIGHEST_NS, DIGITS);
    }

    /** The name in the log of histograms. */
    String tag() {
        return (what + "-" + vlans + "-" + rule.name()).replace(' ', '_');
    }

    /** One line for those who wait. */
    String line() {
        return String.format(
                Locale.ROOT,
                "%s, %d VLANs, %s: p50 %.3f ms, max %.3f ms",
                what,
                vlans,
                rule.label(),
                percentileMs(50),
                histogram.getMaxValue() / 1e6);
    }

    double percentileMs(final double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
