package dev.javf.daemon.config;

import dev.javf.daemon.control.Roles;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Who may use a ring port's socket. */
public final class RingAccess {
    private static final Path ETC = Path.of("/etc");

    private RingAccess() {}

    /**
     * The daemon's own user, and others.
     *
     * @param clients users, {@code @groups} or {@code *}, by name or number.
     * @throws IllegalArgumentException naming the user or group that there isn't.
     */
    public static Roles roles(final List<String> clients) {
        try {
            final int own = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Roles(clients, List.of(), own, ETC);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
