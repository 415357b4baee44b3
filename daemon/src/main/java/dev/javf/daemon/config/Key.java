package dev.javf.daemon.config;

import org.jspecify.annotations.Nullable;

/**
 * A key of the configuration. What is read, what is refused and what the reference says all come
 * from here.
 *
 * @param <T> what its value is in Java.
 * @param name as written in the file.
 * @param type of the value.
 * @param presence what it means when the key is missing.
 * @param defaultText the value when it is missing, as it would be written; null if there is none.
 * @param description one or more sentences for the reference.
 */
public record Key<T>(
        String name,
        ValueType<T> type,
        Presence presence,
        @Nullable String defaultText,
        String description) {
    /** What it means when a key is missing. */
    enum Presence {
        /** It is an error. */
        REQUIRED,
        /** There is no value. */
        OPTIONAL,
        /** The default is the value. */
        DEFAULTED
    }

    static <T> Key<T> required(
            final String name, final ValueType<T> type, final String description) {
        return new Key<>(name, type, Presence.REQUIRED, null, description);
    }

    static <T> Key<T> optional(
            final String name, final ValueType<T> type, final String description) {
        return new Key<>(name, type, Presence.OPTIONAL, null, description);
    }

    static <T> Key<T> of(
            final String name,
            final ValueType<T> type,
            final String defaultText,
            final String description) {
        return new Key<>(name, type, Presence.DEFAULTED, defaultText, description);
    }
}
