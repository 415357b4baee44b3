package dev.javf.daemon.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the sections of one file, and collects what is wrong in them. */
final class SectionReader {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,31}");

    private final String file;
    private final List<Problem> problems;

    /**
     * A reader.
     *
     * @param file for the problems.
     * @param problems gets them.
     */
    SectionReader(final String file, final List<Problem> problems) {
        this.file = file;
        this.problems = problems;
    }

    /** Where something was written. */
    String place(final ConfigOrigin origin) {
        return origin.lineNumber() > 0 ? file + ":" + origin.lineNumber() : file;
    }

    /** Says that something is wrong. */
    void problem(final ConfigOrigin origin, final String key, final String message) {
        problems.add(new Problem(place(origin), key, message));
    }

    /**
     * Refuses what isn't known.
     *
     * @param section whose keys are looked at.
     * @param path of the section; empty for the file itself.
     * @param known the names of all keys that there are.
     */
    void refuseUnknown(final ConfigObject section, final String path, final List<String> known) {
        section.forEach((name, value) -> {
            if (!known.contains(name)) {
                problem(
                        value.origin(),
                        join(path, name),
                        "unknown key"
                                + NearestWord.hint(name, known)
                                + "; there are "
                                + String.join(", ", known));
            }
        });
    }

    /**
     * Reads a section.
     *
     * @param section as parsed.
     * @param path of the section.
     * @param name of what it describes.
     * @param keys all that it may have.
     * @return null when something in it is wrong.
     */
    @Nullable Values read(
            final ConfigObject section,
            final String path,
            final String name,
            final List<Key<?>> keys) {
        final int before = problems.size();
        refuseUnknown(section, path, keys.stream().map(Key::name).toList());
        final Map<Key<?>, Object> values = new HashMap<>();
        for (final Key<?> key : keys) {
            final Object value = read(section, path, key);
            if (value != null) {
                values.put(key, value);
            }
        }
        return problems.size() == before ? new Values(name, place(section.origin()), values) : null;
    }

    private @Nullable Object read(final ConfigObject section, final String path, final Key<?> key) {
        final ConfigValue value = section.get(key.name());
        if (value == null || value.valueType() == ConfigValueType.NULL) {
            if (key.presence() == Key.Presence.REQUIRED) {
                problem(
                        section.origin(),
                        path,
                        "the key '"
                                + key.name()
                                + "' is missing; it must be "
                                + key.type().description());
            }
            return key.defaultText() == null ? null : key.type().read(key.defaultText());
        }
        try {
            return key.type().read(value.unwrapped());
        } catch (final IllegalArgumentException e) {
            problem(value.origin(), join(path, key.name()), String.valueOf(e.getMessage()));
            return null;
        }
    }

    /**
     * A section inside another.
     *
     * @param parent where to look.
     * @param path of it.
     * @return null when it isn't there, or is no section, which is a problem.
     */
    @Nullable ConfigObject section(
            final ConfigObject parent, final String path, final String name) {
        final ConfigValue value = parent.get(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof final ConfigObject object)) {
            problem(value.origin(), join(path, name), "must be a section: " + name + " { ... }");
            return null;
        }
        return object;
    }

    /** Whether something can be called that; a problem if not. */
    boolean checkName(final ConfigOrigin origin, final String path, final String name) {
        if (NAME.matcher(name).matches()) {
            return true;
        }
        problem(
                origin,
                join(path, name),
                "a name has 1 to 32 letters, digits, '_', '-' and '.', and begins with a letter or"
                        + " digit");
        return false;
    }

    static String join(final String path, final String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
