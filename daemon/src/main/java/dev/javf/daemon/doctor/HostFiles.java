package dev.javf.daemon.doctor;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The files of a machine, or of a folder that looks like one. What can't be read is as if it
 * weren't there.
 *
 * @param root of the file system.
 */
record HostFiles(Path root) {
    /** A file of the machine, named without the slash at the beginning. */
    Path path(final String name) {
        return root.resolve(name);
    }

    static @Nullable String linkName(final Path link) {
        try {
            return Files.isSymbolicLink(link)
                    ? String.valueOf(Files.readSymbolicLink(link).getFileName())
                    : null;
        } catch (final IOException e) {
            return null;
        }
    }

    static List<String> names(final Path folder) {
        final List<String> names = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
            } catch (final IOException | DirectoryIteratorException e) {
                return List.of();
            }
        }
        Collections.sort(names);
        return names;
    }

    /** What a file says; nothing if it can't be read. */
    static String text(final Path file) {
        try {
            return Files.readString(file).strip();
        } catch (final IOException e) {
            return "";
        }
    }
}
