package dev.javf.testing;

import org.junit.jupiter.api.Assertions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The project's own files, and what the code prints into them. A test keeps such text equal to what
 * is printed; where it isn't, the same test with {@code -Djavf.docs=write} writes it anew.
 */
public final class Repository {
    private static final Path ROOT =
            (Files.isDirectory(Path.of("docs")) ? Path.of("") : Path.of("..")).toAbsolutePath();
    private static final boolean WRITES = "write".equals(System.getProperty("javf.docs"));

    private Repository() {}

    /**
     * A file or folder, whether a test runs in the project's folder or in a module's.
     *
     * @param name from the project's folder on.
     * @return where it is.
     */
    public static Path file(final String name) {
        return ROOT.resolve(name).normalize();
    }

    /**
     * Keeps a file equal to a text.
     *
     * @param file that has the text, and nothing else.
     * @param text as the code prints it.
     * @throws IOException when the file can't be read or written.
     */
    public static void keep(final Path file, final String text) throws IOException {
        if (WRITES) {
            Files.writeString(file, text);
        } else {
            Assertions.assertEquals(text, Files.readString(file), file::toString);
        }
    }

    /**
     * Keeps a part of a page equal to a text: what is between the lines {@code <!-- begin of the
     * NAME printed from ... -->} and {@code <!-- end of the NAME -->}.
     *
     * @param page the file.
     * @param name of the part.
     * @param text as the code prints it, with the end of its last line.
     * @throws IOException when the file can't be read or written.
     */
    public static void keep(final Path page, final String name, final String text)
            throws IOException {
        final String whole = Files.readString(page);
        final int mark = whole.indexOf("<!-- begin of the " + name + " printed from ");
        final int begin = whole.indexOf('\n', mark) + 1;
        final int end = whole.indexOf("<!-- end of the " + name + " -->\n");
        Assertions.assertTrue(
                mark >= 0 && end >= begin, () -> page + " has no marks of the " + name);
        if (WRITES) {
            Files.writeString(page, whole.substring(0, begin) + text + whole.substring(end));
        } else {
            Assertions.assertEquals(text, whole.substring(begin, end), () -> page + ", " + name);
        }
    }
}
