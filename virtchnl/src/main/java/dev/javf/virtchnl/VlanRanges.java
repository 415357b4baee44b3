package dev.javf.virtchnl;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of VLAN sets: ids and ranges between commas, {@code 100-110,200}. */
public final class VlanRanges {
    private static final Pattern RANGE = Pattern.compile("(\\d+)(?:-(\\d+))?");
    private static final int MAX_DIGITS = 9;

    private VlanRanges() {}

    /**
     * Parses a set.
     *
     * @param text ids and ranges in any order; spaces around them and overlaps don't matter.
     * @return the set, not empty.
     * @throws IllegalArgumentException with one line that names the offending part.
     */
    public static VlanSet parse(final String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException(
                    "no VLAN given: write ids and ranges, such as 100-110,200");
        }
        final VlanSet.Builder set = new VlanSet.Builder();
        for (final String part : text.split(",", -1)) {
            addRange(part.strip(), text, set);
        }
        return set.build();
    }

    private static void addRange(final String part, final String text, final VlanSet.Builder set) {
        if (part.isEmpty()) {
            throw new IllegalArgumentException(
                    "'" + text + "' has an empty part: write ids and ranges, such as 100-110,200");
        }
        final Matcher range = RANGE.matcher(part);
        if (!range.matches()) {
            throw new IllegalArgumentException(
                    "'" + part + "' is no VLAN id or range: write 1..4094, such as 100-110,200");
        }
        final int first = id(range.group(1));
        final int last = range.group(2) == null ? first : id(range.group(2));
        if (last < first) {
            throw new IllegalArgumentException(
                    "VLAN range " + part + " is backwards: write " + last + "-" + first);
        }
        set.addRange(first, last);
    }

    private static int id(final String digits) {
        if (digits.length() > MAX_DIGITS) {
            throw new IllegalArgumentException(VlanId.refusal(digits));
        }
        return VlanId.check(Integer.parseInt(digits));
    }

    /**
     * Prints a set.
     *
     * @param set any.
     * @return what {@link #parse} reads, in ascending order; {@code none} for the empty set.
     */
    public static String format(final VlanSet set) {
        final StringBuilder text = new StringBuilder();
        int first = set.next(VlanId.MIN);
        while (first != VlanSet.NONE) {
            int last = first;
            while (set.contains(last + 1)) {
                last++;
            }
            append(text, first, last);
            first = set.next(last + 1);
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    static void append(final StringBuilder text, final int first, final int last) {
        text.append(text.isEmpty() ? "" : ",").append(first);
        if (last > first) {
            text.append('-').append(last);
        }
    }
}
