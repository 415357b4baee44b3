package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Drawing;
import dev.javf.testing.Repository;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Keeps the documentation equal to the table. Where it isn't: {@code mvn test -pl virtchnl
 * -Dtest=VlanFilterDocsTest -Djavf.docs=write} writes it anew.
 */
final class VlanFilterDocsTest {
    private static final Path PAGE = Repository.file("docs/vlan-filters.md");
    private static final Path DIAGRAM = Repository.file("docs/vlan-filters.dot");
    private static final Path PICTURE = Repository.file("docs/vlan-filters.svg");

    @Test
    void shouldShowTheTable() throws IOException {
        Repository.keep(PAGE, "table", VlanFilterTables.table());
    }

    @Test
    void shouldDrawTheTable() throws IOException {
        Repository.keep(DIAGRAM, VlanFilterTables.diagram());
    }

    /** {@code dot -Tsvg docs/vlan-filters.dot -o docs/vlan-filters.svg} draws it anew. */
    @Test
    void shouldHaveThePictureOfTheDiagram() throws IOException {
        final Set<String> drawn = Drawing.ofSvg(Files.readString(PICTURE));
        assertThat(drawn)
                .isEqualTo(Drawing.ofDot(VlanFilterTables.diagram()))
                .hasSizeGreaterThan(20);
    }
}
