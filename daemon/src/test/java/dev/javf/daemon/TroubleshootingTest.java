package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** That the documentation's messages, tests and files are those of the sources. */
class TroubleshootingTest {
    private static final Path ROOT = Repository.file("");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^|]+)` \\|.*\\|$");
    private static final Pattern CONCATENATION = Pattern.compile("\"\\s*\\+\\s*\"");
    private static final Pattern CODE = Pattern.compile("`(\\w+Test)`");
    private static final Pattern LINK =
            Pattern.compile("\\]\\(([a-z-]+\\.md)(?:#([a-z0-9-]+))?\\)");

    private static String read(final Path file) {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Path> sources(final String folder) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT, 12)) {
            return files.filter(file ->
                            file.toString().endsWith(".java")
                                    && file.toString().contains(folder)
                                    && !file.toString().contains("/target/"))
                    .toList();
        }
    }

    /** The first column of tables of messages, up to the part that others print. */
    private static List<String> messages(final String page) {
        final List<String> messages = new ArrayList<>();
        for (final String section : page.split("(?m)^## ", -1)) {
            if (section.contains("| message |")) {
                for (final Matcher row = ROW.matcher(section); row.find(); ) {
                    messages.add(row.group(1));
                }
            }
        }
        return messages;
    }

    @Test
    void shouldQuoteTheSources() throws IOException {
        final String literals =
                sources("/src/main/java/").stream()
                        .map(file -> CONCATENATION.matcher(read(file)).replaceAll(""))
                        .collect(Collectors.joining("\n"))
                        .replace("\\\"", "\"");
        final List<String> messages = messages(read(ROOT.resolve("docs/troubleshooting.md")));
        assertThat(messages).hasSizeGreaterThan(35);
        final List<String> unknown = new ArrayList<>();
        for (final String message : messages) {
            for (final String part : message.split("\\.\\.\\.", -1)) {
                if (!part.isBlank() && !literals.contains(part.strip())) {
                    unknown.add(message + ": '" + part.strip() + "'");
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"specification.md", "security.md", "vfio.md", "metrics.md", "operations.md"})
    void shouldNameTestsThatThereAre(final String page) throws IOException {
        final List<String> tests =
                sources("/src/test/java/").stream()
                        .map(file -> file.getFileName().toString().replace(".java", ""))
                        .toList();
        for (final Matcher name = CODE.matcher(read(ROOT.resolve("docs").resolve(page)));
                name.find(); ) {
            assertThat(tests).contains(name.group(1));
        }
    }

    @Test
    void shouldLinkToPagesAndSectionsThatThereAre() throws IOException {
        try (Stream<Path> pages = Files.list(ROOT.resolve("docs"))) {
            for (final Path page : pages.filter(file -> file.toString().endsWith(".md")).toList()) {
                for (final Matcher link = LINK.matcher(read(page)); link.find(); ) {
                    final Path target = ROOT.resolve("docs").resolve(link.group(1));
                    assertThat(target).as("%s", page).exists();
                    if (link.group(2) != null) {
                        assertThat(sections(read(target))).as("%s", page).contains(link.group(2));
                    }
                }
            }
        }
    }

    /** As the pages' readers make anchors of titles. */
    private static List<String> sections(final String page) {
        return page.lines()
                .filter(line -> line.startsWith("#"))
                .map(line ->
                        line.replaceFirst("^#+ ", "")
                                .toLowerCase(java.util.Locale.ROOT)
                                .replaceAll("[^a-z0-9 -]", "")
                                .replace(' ', '-'))
                .toList();
    }
}
