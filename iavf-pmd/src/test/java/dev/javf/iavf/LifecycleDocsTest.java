package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Drawing;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Keeps the documentation equal to the table. Where it isn't: {@code mvn test -pl iavf-pmd
 * -Dtest=LifecycleDocsTest -Djavf.docs=write} writes it anew.
 */
class LifecycleDocsTest {
    private static final Path PAGE = docs().resolve("lifecycle.md");
    private static final Path DIAGRAM = docs().resolve("lifecycle.dot");
    private static final Path PICTURE = docs().resolve("lifecycle.svg");
    private static final String BEGIN = "<!-- begin of the table printed from Lifecycle -->\n";
    private static final String END = "<!-- end of the table -->\n";
    private static final boolean WRITES = "write".equals(System.getProperty("javf.docs"));

    private static Path docs() {
        final Path here = Path.of("docs");
        return Files.isDirectory(here) ? here : Path.of("..", "docs");
    }

    @Test
    void shouldShowTheTable() throws IOException {
        final String page = Files.readString(PAGE);
        final int begin = page.indexOf(BEGIN) + BEGIN.length();
        final int end = page.indexOf(END);
        assertThat(end).isGreaterThanOrEqualTo(begin);
        if (WRITES) {
            Files.writeString(
                    PAGE, page.substring(0, begin) + LifecycleTables.table() + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(LifecycleTables.table());
        }
    }

    @Test
    void shouldDrawTheTable() throws IOException {
        if (WRITES) {
            Files.writeString(DIAGRAM, LifecycleTables.diagram());
        } else {
            assertThat(Files.readString(DIAGRAM)).isEqualTo(LifecycleTables.diagram());
        }
    }

    /** {@code dot -Tsvg docs/lifecycle.dot -o docs/lifecycle.svg} draws it anew. */
    @Test
    void shouldHaveThePictureOfTheDiagram() throws IOException {
        final Set<String> drawn = Drawing.ofSvg(Files.readString(PICTURE));
        assertThat(drawn)
                .isEqualTo(Drawing.ofDot(LifecycleTables.diagram()))
                .hasSizeGreaterThan(20);
    }

    @ParameterizedTest
    @EnumSource(LifecycleState.class)
    void shouldExplainEveryState(final LifecycleState state) throws IOException {
        assertThat(Files.readString(PAGE)).contains("\n| " + state + " | ");
    }

    @ParameterizedTest
    @EnumSource(LifecycleEvent.class)
    void shouldExplainEveryEvent(final LifecycleEvent event) throws IOException {
        assertThat(Files.readString(PAGE)).contains("\n| " + event + " | ");
    }
}
