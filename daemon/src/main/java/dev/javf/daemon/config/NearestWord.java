package dev.javf.daemon.config;

import java.util.Collection;

/** Finds what somebody who mistyped a word may have meant. */
public final class NearestWord {
    private NearestWord() {}

    /**
     * A hint for an error.
     *
     * @param word as written.
     * @param words what would have been right.
     * @return {@code (did you mean 'vlans'?)}, or nothing when no word is close.
     */
    public static String hint(final String word, final Collection<String> words) {
        String nearest = "";
        int least = Math.max(2, word.length() / 2) + 1;
        for (final String candidate : words) {
            final int distance = distance(word, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest.isEmpty() ? "" : " (did you mean '" + nearest + "'?)";
    }

    /** Levenshtein's distance: letters to insert, delete or replace. */
    static int distance(final String from, final String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            final int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                final int replace =
                        previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replace, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[to.length()];
    }
}
