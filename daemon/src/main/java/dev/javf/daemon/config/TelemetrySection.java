package dev.javf.daemon.config;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Section {@code telemetry}: the sockets that DPDK's tools ask.
 *
 * @param values as read.
 */
public record TelemetrySection(Values values) {
    private static final String NONE = "none";

    /** What of a socket's 107 bytes is left beside the names of the sockets. */
    private static final Pattern FOLDER = Pattern.compile("/[^\\x00]{1,80}");

    private static final String EXPECTED = "an absolute path of at most 81 bytes, or none";

    static final Key<String> FOLDER_KEY =
            Key.of(
                    "folder",
                    new ValueType<>(
                            EXPECTED,
                            raw -> {
                                final String text = String.valueOf(raw);
                                if (text.equals(NONE) || FOLDER.matcher(text).matches()) {
                                    return text;
                                }
                                throw ValueType.refusal(raw, EXPECTED, null);
                            }),
                    NONE,
                    "Where the sockets dpdk_telemetry.v2 (dpdk-telemetry.py, Telegraf) and"
                        + " telemetry (collectd) are; made if it isn't there. DPDK's tools look in"
                        + " /var/run/dpdk/PREFIX when root, and else in"
                        + " $XDG_RUNTIME_DIR/dpdk/PREFIX; dpdk-telemetry.py -f PREFIX says which."
                        + " systemd makes /run/dpdk/javf. Who may ask are control.readers.");

    static final Key<Integer> MODE =
            Key.of(
                    "mode",
                    ValueType.fileMode(),
                    "0660",
                    "Permissions of the sockets' files. Who can't write to them can't connect.");

    static final Key<Integer> CLIENTS =
            Key.of(
                    "clients",
                    ValueType.integer(1, 256),
                    "16",
                    "Connections at the same time. One more is closed.");

    static final List<Key<?>> KEYS = List.of(FOLDER_KEY, MODE, CLIENTS);

    /** Where the sockets are; null for nowhere. */
    public @Nullable Path folder() {
        final String text = values.get(FOLDER_KEY);
        return text.equals(NONE) ? null : Path.of(text);
    }

    /** The permissions of their files. */
    public int mode() {
        return values.get(MODE);
    }

    /** How many at once. */
    public int clients() {
        return values.get(CLIENTS);
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final TelemetrySection other) {
        return values.sameAs(other.values);
    }
}
