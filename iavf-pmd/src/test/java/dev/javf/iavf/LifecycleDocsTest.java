package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Drawing;
import dev.javf.testing.Repository;

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
    private static final Path PAGE = Repository.file("docs/lifecycle.md");
    private static final Path DIAGRAM = Repository.file("docs/lifecycle.dot");
    private static final Path PICTURE = Repository.file("docs/lifecycle.svg");

    @Test
    void shouldShowTheTable() throws IOException {
        Repository.keep(PAGE, "table", LifecycleTables.table());
    }

    @Test
    void shouldDrawTheTable() throws IOException {
        Repository.keep(DIAGRAM, LifecycleTables.diagram());
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
