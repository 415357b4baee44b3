package dev.javf.sim.program;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write them: a whole number and a unit. */
final class Durations {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})(ns|us|ms|s)|0");

    private static final Map<String, Long> NS_PER_UNIT =
            Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);

    private Durations() {}

    /**
     * Reads one.
     *
     * @param text such as {@code 250us}.
     * @return nanoseconds.
     * @throws IllegalArgumentException when it is none.
     */
    static long parseNs(final String text) {
        final Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'"
                            + text
                            + "' is no length of time; write a whole number, at most 999999999, and"
                            + " ns, us, ms or s, such as 250us");
        }
        return matcher.group(1) == null
                ? 0
                : Long.parseLong(matcher.group(1)) * NS_PER_UNIT.get(matcher.group(2));
    }
}
