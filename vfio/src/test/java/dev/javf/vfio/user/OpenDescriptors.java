package dev.javf.vfio.user;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process holds, to see that nothing leaks. */
final class OpenDescriptors {
    private OpenDescriptors() {}

    /** Number of open descriptors. */
    static long count() {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Number of mappings of a memfd.
     *
     * @param name as given when it was made.
     */
    static long mappings(final String name) {
        return mappingsOf("/memfd:" + name + " ");
    }

    /** Number of mappings of any memfd. */
    static long mappings() {
        return mappingsOf("/memfd:");
    }

    private static long mappingsOf(final String text) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(text)).count();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
