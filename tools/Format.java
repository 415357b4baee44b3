import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks ({@code check}) or applies ({@code format}) google-java-format's AOSP style to every source of ours.
 * A program and not a Maven plugin, because the plugins run inside Maven's JVM, which may be older than 25.
 */
public final class Format {
    private Format() {}

    public static void main(final String[] args) throws Exception {
        final boolean write = "format".equals(args[0]);
        final Path root = Path.of(args[1]).toRealPath();
        final Formatter formatter =
                new Formatter(
                        JavaFormatterOptions.builder()
                                .style(JavaFormatterOptions.Style.AOSP)
                                .build());
        final List<Path> wrong = new ArrayList<>();
        try (var paths = Files.walk(root)) {
            for (final Path path : (Iterable<Path>) paths.filter(Format::isOurs)::iterator) {
                final String before = Files.readString(path);
                final String after =
                        formatter.formatSourceAndFixImports(
                                RemoveUnusedImports.removeUnusedImports(before));
                if (!after.equals(before)) {
                    if (write) {
                        Files.writeString(path, after);
                    }
                    wrong.add(root.relativize(path));
                }
            }
        }
        wrong.forEach(path -> System.out.println((write ? "formatted " : "not formatted: ") + path));
        if (!write && !wrong.isEmpty()) {
            System.err.println("mend it with: ./javf format");
            System.exit(1);
        }
    }

    static boolean isOurs(final Path path) {
        final String name = path.toString();
        return name.endsWith(".java")
                && name.contains("/src/")
                && !name.contains("/target/")
                && !name.contains("/bindings/generated/");
    }
}
