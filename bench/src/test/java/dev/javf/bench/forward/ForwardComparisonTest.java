package dev.javf.bench.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

/** Not what the comparison says, which depends on the machine, but that all of them take part. */
class ForwardComparisonTest {
    @Test
    void shouldCompareAllContestants(@TempDir final Path folder) throws IOException {
        Machine.needsCommand("gcc");
        final String table = ForwardComparison.run(folder, 2, 1, 256);
        assertThat(table).contains("C ns", "javf ns", "ixy's way ns", "\n| 1 | ", "\n| 256 | ");
    }
}
