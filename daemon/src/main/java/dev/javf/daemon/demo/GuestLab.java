package dev.javf.daemon.demo;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the guest lab is that {@code tools/lab/setup} builds: QEMU and a small Linux. */
public final class GuestLab {
    private GuestLab() {}

    /** Whether it is there. */
    public static boolean isComplete() {
        return Files.exists(folder().resolve("complete"));
    }

    /** The program that runs a guest; null if there is none, or no lab. */
    static @Nullable Path program() {
        if (!isComplete()) {
            return null;
        }
        for (final String root : new String[] {".", ".."}) {
            final Path program = Path.of(root, "tools", "lab", "guest");
            if (Files.isExecutable(program)) {
                return program.toAbsolutePath().normalize();
            }
        }
        return null;
    }

    /** Its folder, whether it is there or not. */
    public static Path folder() {
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
