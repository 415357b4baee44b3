package dev.javf.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Repository;

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
    private static final Path PAGE = Repository.file("docs/configuration.md");
    private static final Pattern EXAMPLE = Pattern.compile("```hocon\n(.*?)```", Pattern.DOTALL);

    @Test
    void shouldListEveryKey() throws IOException {
        Repository.keep(PAGE, "reference", ConfigurationReference.print() + "\n");
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
