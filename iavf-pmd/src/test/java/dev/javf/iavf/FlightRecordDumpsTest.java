package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.Opcode;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class FlightRecordDumpsTest {
    private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");
    private static final long MS = 1_000_000;

    @TempDir private Path folder;
    private final List<String> reports = new ArrayList<>();

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static FlightRecord record(final String text) {
        final FlightRecorder recorder = new FlightRecorder();
        recorder.note(text);
        return recorder.snapshot();
    }

    @Test
    void shouldKeepTheNewestOfEachDevice() throws IOException {
        final FlightRecordDumps one = new FlightRecordDumps(folder, "sim:0/1", reports::add);
        final FlightRecordDumps two = new FlightRecordDumps(folder, "sim:0/1-1", reports::add);
        two.write("why", record("other"), NOON);
        Files.writeString(folder.resolve("sim-0-1-notes.txt"), "mine");
        for (int i = 0; i < 20; i++) {
            one.write("why", record("number " + i), NOON.plusSeconds(i / 3));
        }
        final List<Path> files = files();
        assertThat(files).hasSize(16 + 2);
        final Path newest =
                files.stream().filter(file -> file.toString().contains("000019")).findFirst().get();
        assertThat(newest.getFileName()).hasToString("sim-0-1-20261125T120006-000019.flight");
        assertThat(Files.readAllLines(newest))
                .containsExactly(
                        "javf flight record 1",
                        "device sim:0/1",
                        "time 2026-11-25T12:00:06Z",
                        "reason why",
                        "records 1",
                        "",
                        "0 -0.000000000 NOTE number 19");
        assertThat(files).noneMatch(file -> file.toString().contains("000003"));
        assertThat(reports.getLast()).isEqualTo("what led to it is in " + newest);
    }

    @Test
    void shouldReportAFolderThatCantBeWritten() throws IOException {
        final Path file = Files.writeString(folder.resolve("file"), "");
        new FlightRecordDumps(file, "vf", reports::add).write("why", record("x"), NOON);
        assertThat(reports).hasSize(1);
        assertThat(reports.getFirst()).contains("can't be written to " + file);
    }

    @Test
    void shouldWriteAFileWhenAVfFails() throws IOException {
        try (DriverRig rig = new DriverRig()) {
            rig.context.flightRecordFolder(folder).flightRecordExecutor(Runnable::run);
            rig.up();
            assertThat(files()).isEmpty();
            rig.pf.mute.add(Opcode.DISABLE_QUEUES);
            rig.vf().down();
            rig.runUntil(() -> rig.states.contains("NEEDS_RESET"));
            assertThat(files()).hasSize(1);
            final List<String> lines = Files.readAllLines(files().getFirst());
            assertThat(lines.get(1)).isEqualTo("device stub");
            assertThat(lines.get(3))
                    .startsWith("reason STOPPING -> NEEDS_RESET: ")
                    .contains("DISABLE_QUEUES");
            assertThat(lines.getLast())
                    .contains("STATE STOPPING -> NEEDS_RESET on FAILED")
                    .contains(" -0.000000000 ");
            assertThat(lines).anyMatch(line -> line.contains(" MSG VF>PF DISABLE_QUEUES"));
            assertThat(lines).anyMatch(line -> line.contains(" NOTE function-level reset"));
            // One file for failures in quick succession.
            rig.pf.mute.addAll(List.of(Opcode.values()));
            rig.run(500 * MS);
            assertThat(files()).hasSize(1);
            rig.run(60_000 * MS);
            assertThat(files()).hasSizeBetween(5, 16);
        }
    }

    @Test
    void shouldTellAVfsWholeLifeWithoutAFile() {
        try (DriverRig rig = new DriverRig()) {
            rig.up();
            rig.vf().close();
            rig.runUntil(rig.vf()::isClosed);
            final List<String> lines = rig.vf().flightRecorder().snapshot().lines();
            assertThat(lines.getFirst()).contains("STATE CLOSED -> OPENING on OPEN");
            assertThat(lines.getLast()).contains("STATE CLOSING -> CLOSED on CLOSED");
            assertThat(lines.stream().filter(line -> line.contains("MSG VF>PF")))
                    .hasSize((int) rig.vf().counters().get(DriverCounter.MESSAGES_SENT));
        }
    }
}
