package dev.javf.sim.program;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The words of a command, taken one after the other. What isn't as it should be ends in an {@link
 * IllegalArgumentException} that says what was expected. For one thread.
 */
final class Words {
    private final List<String> words;
    private int next;

    private Words(final List<String> words) {
        this.words = words;
    }

    /** The words of a line, separated by white space. */
    static Words of(final String line) {
        final String text = line.strip();
        return new Words(text.isEmpty() ? List.of() : Arrays.asList(text.split("\\s+", -1)));
    }

    boolean hasNext() {
        return next < words.size();
    }

    /** The next word, which stays the next; null if there is none. */
    @Nullable String peek() {
        return hasNext() ? words.get(next) : null;
    }

    /** Takes the next word if it is this one. */
    boolean takeIf(final String word) {
        final boolean isIt = word.equals(peek());
        if (isIt) {
            next++;
        }
        return isIt;
    }

    /**
     * Takes the next word.
     *
     * @param expected what should be there, for people.
     */
    String take(final String expected) {
        final String word = peek();
        if (word == null) {
            throw wrong(expected);
        }
        next++;
        return word;
    }

    /** Takes a word that means something. */
    <T> T take(final Map<String, T> meanings) {
        final String expected = oneOf(meanings.keySet());
        final T meaning = meanings.get(String.valueOf(peek()));
        if (meaning == null) {
            throw wrong(expected);
        }
        next++;
        return meaning;
    }

    /** Takes {@code on} or {@code off}. */
    boolean takeOnOff() {
        return take(Map.of("on", true, "off", false));
    }

    /**
     * Takes a whole number.
     *
     * @param what it is, for people.
     * @param least of it.
     * @param most of it.
     */
    int takeNumber(final String what, final int least, final int most) {
        final String expected = what + ", " + least + " to " + most;
        try {
            final int number = Integer.parseInt(String.valueOf(peek()));
            if (number >= least && number <= most) {
                next++;
                return number;
            }
        } catch (final NumberFormatException e) {
            // Told below, as a number out of range is.
        }
        throw wrong(expected);
    }

    /**
     * Takes a length of time.
     *
     * @param what it is, for people.
     * @return in nanoseconds.
     */
    long takeDurationNs(final String what) {
        return Durations.parseNs(take(what + ", such as 250us"));
    }

    /** Makes sure that all words have been taken. */
    void end() {
        if (hasNext()) {
            throw wrong("the end of the command");
        }
    }

    /** The next word isn't what was expected. */
    IllegalArgumentException wrong(final String expected) {
        final String word = peek();
        final String before = String.join(" ", words.subList(0, next));
        return new IllegalArgumentException(
                (word == null ? "nothing" : "'" + word + "'")
                        + (before.isEmpty() ? "" : " after '" + before + "'")
                        + ": expected "
                        + expected);
    }

    private static String oneOf(final Collection<String> choices) {
        return String.join("|", new TreeSet<>(choices));
    }
}
