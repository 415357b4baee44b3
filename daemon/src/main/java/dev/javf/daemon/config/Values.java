package dev.javf.daemon.config;

import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The values of one section, each of its key's type.
 *
 * @param name of the section: that of the function or port; else empty.
 * @param place where it begins, for errors about the whole of it: {@code file:line}.
 * @param values by key; those that are missing and have no default aren't in it.
 */
public record Values(String name, String place, Map<Key<?>, Object> values) {
    /** Keeps a copy. */
    public Values {
        values = Map.copyOf(values);
    }

    /**
     * A value that is there.
     *
     * @param <T> the key's type.
     * @param key that is required or has a default.
     * @return the value.
     * @throws NoSuchElementException if the section has no such key.
     */
    <T> T get(final Key<T> key) {
        return find(key)
                .orElseThrow(() -> new NoSuchElementException("no value for " + key.name()));
    }

    /**
     * A value that may be there.
     *
     * @param <T> the key's type.
     * @param key any.
     * @return the value.
     */
    @SuppressWarnings("unchecked") // whoever puts a value under a key has read it by its type
    <T> Optional<T> find(final Key<T> key) {
        return Optional.ofNullable((T) values.get(key));
    }

    /** The same, but for one key, whose value is that of another section of the kind. */
    Values with(final Key<?> key, final Values other) {
        final Map<Key<?>, Object> changed = new HashMap<>(values);
        final Object value = other.values.get(key);
        if (value == null) {
            changed.remove(key);
        } else {
            changed.put(key, value);
        }
        return new Values(name, place, changed);
    }

    /** Whether the name and all values are the same, wherever they are written. */
    boolean sameAs(final Values other) {
        return name.equals(other.name) && values.equals(other.values);
    }
}
