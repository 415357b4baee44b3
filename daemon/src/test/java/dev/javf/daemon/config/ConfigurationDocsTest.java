package dev.javf.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the reference equal to the keys that are read. Where it isn't: {@code mvn test -pl daemon
 * -Dtest=ConfigurationDocsTest -Djavf.docs=write} writes it anew.
 */
class ConfigurationDocsTest {
    private static final Path PAGE =
            (Files.isDirectory(Path.of("docs")) ? Path.of("docs") : Path.of("..", "docs"))
                    .resolve("configuration.md");
    private static final String BEGIN = "<!-- begin of the reference printed from the keys -->\n";
    private static final String END = "<!-- end of the reference -->\n";
    private static final Pattern EXAMPLE = Pattern.compile("```hocon\n(.*?)```", Pattern.DOTALL);

    @Test
    void shouldListEveryKey() throws IOException {
        final String page = Files.readString(PAGE);
        final int begin = page.indexOf(BEGIN) + BEGIN.length();
        final int end = page.indexOf(END);
        assertThat(end).isGreaterThanOrEqualTo(begin);
        final String reference = ConfigurationReference.print() + "\n";
        if ("write".equals(System.getProperty("javf.docs"))) {
            Files.writeString(PAGE, page.substring(0, begin) + reference + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(reference);
        }
    }

    @Test
    void shouldShowExamplesThatAreRight(@TempDir final Path folder) throws Exception {
        final Matcher example = EXAMPLE.matcher(Files.readString(PAGE));
        int count = 0;
        while (example.find()) {
            final Path file = folder.resolve("example" + count++ + ".conf");
            Files.writeString(file, example.group(1));
            assertThat(ConfigurationReader.read(file).functions()).isNotEmpty();
        }
        assertThat(count).isPositive();
    }
}
