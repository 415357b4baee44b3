package dev.javf.bench.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.CpuAffinity;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Not what the comparison says, which depends on the machine, but that all of them take part. */
class ForwardComparisonTest {
    private static void needsTheLibrary() {
        Machine.need(
                CContestant.class.getResource("forward.so") != null,
                "a gcc at the time of the build (bench/src/main/c/build.sh)");
    }

    @Test
    void shouldCompareAllContestants() throws IOException {
        needsTheLibrary();
        final String table = ForwardComparison.run(Place.SAME, 3, 1, 256);
        assertThat(table).contains("C ns", "javf ns", "ixy's way ns", "\n| 1 | ", "\n| 256 | ");
        assertThat(table).doesNotContain("| - |");
    }

    @Test
    void shouldForwardForADeviceOnAnotherProcessor() throws IOException {
        needsTheLibrary();
        Machine.need(CpuAffinity.get().cardinality() > 1, "a second processor");
        final String tables = ForwardComparison.run(Place.FRAMES, 3, 32);
        assertThat(tables).contains("writes and reads the frames too", "samples left out");
    }

    @Test
    void shouldTellSpeedsApartAndLeaveOutWhatChangedDuringASample() {
        final List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            samples.add(sample(200 + i % 3, 201));
            samples.add(sample(560 + i % 3, 570));
        }
        samples.add(sample(200, 560));
        samples.add(sample(5000, 5001));
        final List<Speeds.Range> speeds = Speeds.of(samples);
        assertThat(speeds)
                .containsExactly(new Speeds.Range(200.5, 201.5), new Speeds.Range(565, 566));
        assertThat(samples.stream().filter(speeds.getFirst()::has)).hasSize(50);
        assertThat(samples.stream().filter(speeds.getLast()::has)).hasSize(50);
    }

    private static Sample sample(final double beforeNs, final double afterNs) {
        return new Sample(10, 32, 0, beforeNs, afterNs);
    }
}
