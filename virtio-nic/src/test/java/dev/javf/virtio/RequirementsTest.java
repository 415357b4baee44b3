package dev.javf.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The tests that the table of requirements names are there. */
class RequirementsTest {
    private static final Path PAGE = Repository.file("docs/virtio-requirements.md");
    private static final Pattern NAME = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
    private static final int NAMES_LEAST = 50;

    @Test
    void shouldNameTestsThatThereAre() throws IOException {
        final List<Path> files = new ArrayList<>(files("virtio-nic/src/test/java"));
        files.addAll(files("vfio/src/test/java"));
        final Matcher name = NAME.matcher(Files.readString(PAGE));
        int names = 0;
        while (name.find()) {
            final String file = name.group(1) + ".java";
            final String test = name.group();
            final Path source =
                    files.stream()
                            .filter(path -> path.endsWith(file))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("there is no " + test));
            assertThat(Files.readString(source)).as(test).contains("void " + name.group(2) + "(");
            names++;
        }
        assertThat(names).isGreaterThan(NAMES_LEAST);
    }

    private static List<Path> files(final String folder) throws IOException {
        try (Stream<Path> found = Files.walk(Repository.file(folder))) {
            return found.toList();
        }
    }
}
