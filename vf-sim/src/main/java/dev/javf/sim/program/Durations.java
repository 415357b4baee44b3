package dev.javf.sim.program;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as people write them: a whole number and a unit. */
final class Durations {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})(ns|us|ms|s)|0");

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
        final String number = matcher.group(1);
        return number == null ? 0 : Long.parseLong(number) * nsPer(matcher.group(2));
    }

    private static long nsPer(final String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            default -> 1_000_000_000;
        };
    }
}
