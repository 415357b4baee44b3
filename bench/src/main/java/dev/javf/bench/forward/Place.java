package dev.javf.bench.forward;

import java.util.Locale;

/** Where the device is, and what it does. */
enum Place {
    /** In the contestant's own thread: no cache line ever leaves the processor. */
    SAME("the device in the same thread"),

    /** On another processor: descriptors and doorbells go from one to the other and back. */
    SECOND("the device on a second processor"),

    /** As well, and frames too: written when they arrive, read when they are sent. */
    FRAMES("the device on a second processor, which writes and reads the frames too");

    private final String words;

    Place(final String words) {
        this.words = words;
    }

    /** For the table. */
    String words() {
        return words;
    }

    /** The name on the command line. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Place of(final String word) {
        for (final Place place : values()) {
            if (place.word().equals(word)) {
                return place;
            }
        }
        throw new IllegalArgumentException(
                "'" + word + "' is no place for the device: same, second or frames");
    }
}
