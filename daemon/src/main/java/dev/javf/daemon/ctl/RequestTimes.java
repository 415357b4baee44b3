package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.HdrHistogram.Histogram;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a PF took for its answers, from the records of a flight recorder. Answers to one
 * operation come in the order of its requests.
 */
final class RequestTimes {
    private static final Pattern RECORD =
            Pattern.compile("\\d+ (-?\\d+\\.\\d+) MSG (VF>PF|PF>VF) (\\w+).*");
    private static final double NS_PER_S = 1e9;
    private static final int DIGITS = 3;

    private RequestTimes() {}

    /**
     * A histogram for each operation that was answered.
     *
     * @param records lines, oldest first.
     * @return by the operation's name, in nanoseconds.
     */
    static Map<String, Histogram> of(final JsonNode records) {
        final Map<String, Deque<Long>> asked = new HashMap<>();
        final Map<String, Histogram> times = new TreeMap<>();
        for (final JsonNode record : records) {
            final Matcher matcher = RECORD.matcher(record.asText());
            if (!matcher.matches()) {
                continue;
            }
            final long atNs = Math.round(Double.parseDouble(matcher.group(1)) * NS_PER_S);
            final Deque<Long> open =
                    asked.computeIfAbsent(matcher.group(3), name -> new ArrayDeque<>());
            if (matcher.group(2).equals("VF>PF")) {
                open.add(atNs);
            } else if (!open.isEmpty()) {
                times.computeIfAbsent(matcher.group(3), name -> new Histogram(DIGITS))
                        .recordValue(Math.max(0, atNs - open.remove()));
            }
        }
        return times;
    }

    /** All of them together. */
    static Histogram sum(final Map<String, Histogram> times) {
        final Histogram sum = new Histogram(DIGITS);
        times.values().forEach(sum::add);
        return sum;
    }
}
