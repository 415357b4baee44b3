package dev.javf.daemon.config;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRanges;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A type of values in the configuration.
 *
 * @param <T> what a value is in Java.
 * @param description what is accepted, for the reference and for errors.
 * @param reader makes a value of what the parser found: a text, a number, a boolean or a list.
 */
record ValueType<T>(String description, Function<Object, T> reader) {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ns|us|ms|s|min|h)");
    private static final Map<String, TimeUnit> UNITS =
            Map.of(
                    "ns", TimeUnit.NANOSECONDS,
                    "us", TimeUnit.MICROSECONDS,
                    "ms", TimeUnit.MILLISECONDS,
                    "s", TimeUnit.SECONDS,
                    "min", TimeUnit.MINUTES,
                    "h", TimeUnit.HOURS);
    private static final Map<String, Boolean> FLAGS =
            Map.of(
                    "true", true, "yes", true, "on", true, "false", false, "no", false, "off",
                    false);
    private static final Pattern DEVICE = Pattern.compile("[^/:%\\s]{1,15}");
    private static final Pattern MODE = Pattern.compile("0?[0-7]{3}");
    private static final int TEXT_MAX = 4096;

    /**
     * Reads a value.
     *
     * @param raw as parsed.
     * @return the value.
     * @throws IllegalArgumentException naming the value, the limit and the remedy.
     */
    T read(final Object raw) {
        return reader.apply(raw);
    }

    static ValueType<String> text(final String description) {
        return new ValueType<>(description, raw -> word(raw, description));
    }

    static ValueType<Integer> integer(final int min, final int max) {
        final String description = "a whole number, " + min + " to " + max;
        return new ValueType<>(
                description,
                raw -> {
                    final long value;
                    try {
                        value = Long.parseLong(word(raw, description));
                    } catch (final NumberFormatException e) {
                        throw refusal(raw, description, e);
                    }
                    if (value < min || value > max) {
                        throw refusal(raw, description, null);
                    }
                    return (int) value;
                });
    }

    static ValueType<Boolean> flag() {
        final String description = "true or false";
        return new ValueType<>(
                description,
                raw -> {
                    final Boolean value = FLAGS.get(word(raw, description));
                    if (value == null) {
                        throw refusal(raw, description, null);
                    }
                    return value;
                });
    }

    /** A duration, in nanoseconds. */
    static ValueType<Long> duration(final long minNs, final long maxNs) {
        final String description =
                "a duration with its unit (ns, us, ms, s, min or h), "
                        + durationText(minNs)
                        + " to "
                        + durationText(maxNs);
        return new ValueType<>(
                description,
                raw -> {
                    final Matcher matcher = DURATION.matcher(word(raw, description));
                    if (!matcher.matches()) {
                        throw refusal(raw, description, null);
                    }
                    final TimeUnit unit = UNITS.getOrDefault(matcher.group(2), TimeUnit.SECONDS);
                    final long ns = unit.toNanos(Long.parseLong(matcher.group(1)));
                    if (ns < minNs || ns > maxNs) {
                        throw refusal(raw, description, null);
                    }
                    return ns;
                });
    }

    /** As {@link #duration} reads it. */
    static String durationText(final long ns) {
        for (final String unit : List.of("h", "min", "s", "ms", "us")) {
            final long size = UNITS.getOrDefault(unit, TimeUnit.SECONDS).toNanos(1);
            if (ns >= size && ns % size == 0) {
                return ns / size + unit;
            }
        }
        return ns + "ns";
    }

    static ValueType<MacAddress> unicastMac() {
        return new ValueType<>(
                "a unicast MAC address, such as 02:00:00:00:00:01",
                raw -> {
                    final MacAddress mac = MacAddress.of(word(raw, "a MAC address"));
                    if (mac.isMulticast() || mac.isZero()) {
                        throw refusal(raw, "a unicast MAC address", null);
                    }
                    return mac;
                });
    }

    static ValueType<MacAddress> mac() {
        return new ValueType<>(
                "a MAC address, such as 01:00:5e:00:00:fb",
                raw -> {
                    final MacAddress mac = MacAddress.of(word(raw, "a MAC address"));
                    if (mac.isZero()) {
                        throw refusal(raw, "a MAC address other than zero", null);
                    }
                    return mac;
                });
    }

    static ValueType<VlanSet> vlans() {
        final String description = "VLANs 1 to 4094 and ranges, such as \"100-107,200\"";
        return new ValueType<>(
                description,
                raw -> {
                    if (raw instanceof final List<?> list) {
                        VlanSet all = VlanSet.EMPTY;
                        for (final Object element : list) {
                            all = all.plus(VlanRanges.parse(word(element, description)));
                        }
                        return all;
                    }
                    final String text = word(raw, description);
                    return text.isEmpty() || text.equals("none")
                            ? VlanSet.EMPTY
                            : VlanRanges.parse(text);
                });
    }

    static ValueType<Path> path() {
        final String description = "an absolute path";
        return new ValueType<>(
                description,
                raw -> {
                    final String text = word(raw, description);
                    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
                        throw refusal(raw, description, null);
                    }
                    return Path.of(text);
                });
    }

    /** Permissions of a file. */
    static ValueType<Integer> fileMode() {
        final String expected = "file permissions as an octal number, such as \"0660\"";
        return new ValueType<>(
                expected,
                raw -> {
                    final String text = String.valueOf(raw);
                    if (!MODE.matcher(text).matches()) {
                        throw refusal(raw, expected, null);
                    }
                    return Integer.parseInt(text, 8);
                });
    }

    /** The name of a network device of the kernel. */
    static ValueType<String> deviceName() {
        final String description =
                "a device name: 1 to 15 characters other than '/', ':', '%' and space";
        return new ValueType<>(
                description,
                raw -> {
                    final String text = word(raw, description);
                    if (!DEVICE.matcher(text).matches()) {
                        throw refusal(raw, description, null);
                    }
                    return text;
                });
    }

    static ValueType<String> choice(final List<String> choices) {
        final String description = "one of " + String.join(", ", choices);
        return new ValueType<>(
                description,
                raw -> {
                    final String text = word(raw, description);
                    if (!choices.contains(text)) {
                        throw refusal(raw, description + NearestWord.hint(text, choices), null);
                    }
                    return text;
                });
    }

    /** A list, or one value of it. */
    static <E> ValueType<List<E>> list(final ValueType<E> element) {
        return new ValueType<>(
                "a list; each is " + element.description(),
                raw -> {
                    final List<E> values = new ArrayList<>();
                    if (raw instanceof final List<?> list) {
                        for (final Object each : list) {
                            values.add(element.read(each == null ? "" : each));
                        }
                    } else if (!raw.equals("[]")) {
                        values.add(element.read(raw));
                    }
                    return List.copyOf(values);
                });
    }

    /** The refusal of a value. */
    static IllegalArgumentException refusal(
            final Object raw, final String expected, final @Nullable Exception cause) {
        return new IllegalArgumentException(quoted(raw) + ": must be " + expected, cause);
    }

    private static String quoted(final Object raw) {
        final String text = String.valueOf(raw);
        return "'" + (text.length() > 80 ? text.substring(0, 80) + "..." : text) + "'";
    }

    private static String word(final Object raw, final String expected) {
        if (raw instanceof List<?> || raw instanceof Map<?, ?>) {
            throw new IllegalArgumentException(
                    (raw instanceof List<?> ? "a list" : "a section") + ": must be " + expected);
        }
        final String text = String.valueOf(raw);
        if (text.length() > TEXT_MAX) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "%d characters: must be %s, of at most %d characters",
                            text.length(),
                            expected,
                            TEXT_MAX));
        }
        return text;
    }
}
