package dev.javf.daemon.service;

import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the conductor itself had a CPU in its duty cycles, as a scrape says: what other threads
 * and processes take isn't in it.
 *
 * @param upTo how many duty cycles used no more than that many seconds; one in 16 is timed.
 */
record ConductorTimes(NavigableMap<Double, Long> upTo) {
    private static final Pattern BUCKET =
            Pattern.compile(
                    "javf_poll_cpu_seconds_bucket\\{thread=\"javf-conductor\",le=\"([^\"]+)\"}"
                            + " (\\d+)");

    /** Since the start. */
    static ConductorTimes of(final JavfdProcess daemon) throws Exception {
        final NavigableMap<Double, Long> upTo = new TreeMap<>();
        JavfdTest.scrape(daemon)
                .lines()
                .map(BUCKET::matcher)
                .filter(Matcher::matches)
                .forEach(found ->
                        upTo.put(
                                found.group(1).equals("+Inf")
                                        ? Double.POSITIVE_INFINITY
                                        : Double.parseDouble(found.group(1)),
                                Long.parseLong(found.group(2))));
        return new ConductorTimes(upTo);
    }

    /** How many duty cycles. */
    long count() {
        return upTo.lastEntry().getValue();
    }

    /** Between two scrapes. */
    ConductorTimes since(final ConductorTimes before) {
        final NavigableMap<Double, Long> between = new TreeMap<>();
        upTo.forEach((bound, cycles) ->
                between.put(bound, cycles - before.upTo.getOrDefault(bound, 0L)));
        return new ConductorTimes(between);
    }

    /** The least bound below which a part of them is, in seconds. */
    private double quantile(final double part) {
        return upTo.entrySet().stream()
                .filter(bound -> bound.getValue() >= part * count())
                .mapToDouble(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "CPU time of the conductor's duty cycles: %d timed, half of them at most %.0f us,"
                        + " 99.9 %% at most %.0f us, all at most %.0f us",
                count(),
                quantile(0.5) * 1e6,
                quantile(0.999) * 1e6,
                quantile(1) * 1e6);
    }
}
