package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process that is made up. */
class ProcessFactsTest {
    private static final String SWITCHES =
            "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t8\n";

    @TempDir private Path process;

    private void thread(final int number, final String name, final String stat) throws IOException {
        final Path task = Files.createDirectories(process.resolve("task/" + number));
        Files.writeString(task.resolve("comm"), name + "\n");
        Files.writeString(task.resolve("status"), SWITCHES);
        Files.writeString(task.resolve("stat"), stat);
    }

    /** Fields 3 to 38, whose last is the exit signal, and the CPU after them. */
    private static String fields(final int cpu) {
        return " S" + " 1".repeat(35) + " " + cpu + " 0 0 99\n";
    }

    @Test
    void shouldSayWhereAThreadRan() throws IOException {
        thread(5, "poller", "5 (poller)" + fields(13));
        thread(6, "a) S 1 (b", "6 (a) S 1 (b)" + fields(2));
        thread(7, "short", "7 (short) S 1 1\n");
        assertThat(new ProcessFacts(process).threads())
                .containsEntry("poller", new ProcessFacts.ThreadFacts(7, 8, 13))
                .containsEntry("a) S 1 (b", new ProcessFacts.ThreadFacts(7, 8, 2))
                .containsEntry("short", new ProcessFacts.ThreadFacts(7, 8, -1));
    }
}
