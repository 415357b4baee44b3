package dev.javf.daemon.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Section {@code control}: the socket that javfctl talks to.
 *
 * @param values as read.
 */
public record ControlSection(Values values) {
    /** Where the socket is unless the configuration says otherwise. */
    public static final String SOCKET_DEFAULT = "/run/javf/control.sock";

    private static final Pattern SUBJECT =
            Pattern.compile("\\*|@?[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,31}\\$?");

    static final ValueType<String> SUBJECT_TYPE =
            matching(SUBJECT, "a user (name or number), a group (@name or @number), or *");

    static final Key<String> SOCKET =
            Key.of(
                    "socket",
                    matching(
                            Pattern.compile("[/@][^\\x00]{1,106}"),
                            "an absolute path of at most 107 bytes, or @NAME"),
                    SOCKET_DEFAULT,
                    "The control socket. Its folder must exist and be writable; systemd makes"
                            + " /run/javf.");

    static final Key<Integer> MODE_KEY =
            Key.of(
                    "mode",
                    ValueType.fileMode(),
                    "0660",
                    "Permissions of the socket's file. Who can't write to it can't connect.");

    static final Key<List<String>> ADMINISTRATORS =
            Key.of(
                    "administrators",
                    ValueType.list(SUBJECT_TYPE),
                    "root",
                    "Who may use every command. The kernel says who is at the other end"
                            + " (SO_PEERCRED, SO_PEERGROUPS); the daemon's own user always may."
                            + " Names are looked up in /etc/passwd and /etc/group when the"
                            + " configuration is read; write numbers for users of a directory"
                            + " service.");

    static final Key<List<String>> READERS =
            Key.of(
                    "readers",
                    ValueType.list(SUBJECT_TYPE),
                    "*",
                    "Who may use the commands that change nothing. * is everybody who can"
                            + " connect.");

    static final Key<Integer> CLIENTS =
            Key.of(
                    "clients",
                    ValueType.integer(1, 4096),
                    "256",
                    "Connections at the same time. One more is told so and closed.");

    static final List<Key<?>> KEYS = List.of(SOCKET, MODE_KEY, ADMINISTRATORS, READERS, CLIENTS);

    private static ValueType<String> matching(final Pattern pattern, final String description) {
        return new ValueType<>(
                description,
                raw -> {
                    if (!(raw instanceof List<?>)
                            && pattern.matcher(String.valueOf(raw)).matches()) {
                        return String.valueOf(raw);
                    }
                    throw ValueType.refusal(raw, description, null);
                });
    }

    /** The socket's address: a path, or {@code @NAME}. */
    public String socket() {
        return values.get(SOCKET);
    }

    /** The permissions of its file. */
    public int mode() {
        return values.get(MODE_KEY);
    }

    /** Who may do everything. */
    public List<String> administrators() {
        return values.get(ADMINISTRATORS);
    }

    /** Who may look. */
    public List<String> readers() {
        return values.get(READERS);
    }

    /** How many at once. */
    public int clients() {
        return values.get(CLIENTS);
    }

    /** Whether all values are the same, wherever they are written. */
    public boolean sameAs(final ControlSection other) {
        return values.sameAs(other.values);
    }
}
