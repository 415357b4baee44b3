package dev.javf.daemon.guest;

import dev.javf.testing.Machine;

import java.nio.file.Files;
import java.nio.file.Path;

/** The guest lab that {@code tools/lab/setup} builds. */
final class Lab {
    private static final Path SCRIPTS = Path.of("..", "tools", "lab").toAbsolutePath().normalize();

    private Lab() {}

    /** Skips a test, or fails it where skipping is forbidden, on a machine without the lab. */
    static void need() {
        Machine.need(Files.exists(folder().resolve("complete")), "the guest lab (tools/lab/setup)");
    }

    /** The program that runs a guest. */
    static Path guest() {
        return SCRIPTS.resolve("guest");
    }

    private static Path folder() {
        final String set = System.getenv("JAVF_LAB");
        if (set != null && !set.isEmpty()) {
            return Path.of(set);
        }
        final String cache = System.getenv("XDG_CACHE_HOME");
        return cache == null || cache.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "javf-lab")
                : Path.of(cache, "javf-lab");
    }
}
