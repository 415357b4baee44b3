package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Drawing;

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
    private static final Path PAGE = docs().resolve("vlan-filters.md");
    private static final Path DIAGRAM = docs().resolve("vlan-filters.dot");
    private static final Path PICTURE = docs().resolve("vlan-filters.svg");
    private static final String BEGIN =
            "<!-- begin of the table printed from VlanFilterMachine -->\n";
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
                    PAGE,
                    page.substring(0, begin) + VlanFilterTables.table() + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(VlanFilterTables.table());
        }
    }

    @Test
    void shouldDrawTheTable() throws IOException {
        if (WRITES) {
            Files.writeString(DIAGRAM, VlanFilterTables.diagram());
        } else {
            assertThat(Files.readString(DIAGRAM)).isEqualTo(VlanFilterTables.diagram());
        }
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
