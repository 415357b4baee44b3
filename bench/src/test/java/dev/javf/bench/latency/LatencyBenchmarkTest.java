package dev.javf.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.CpuAffinity;
import dev.javf.testing.Machine;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** That the benchmark measures every packet; how long they take is not for a test to say. */
class LatencyBenchmarkTest {
    private static final long SLICE_NS = 20_000_000;

    @Test
    void shouldMeasureAllRatesWithAndWithoutControlPlane(@TempDir final Path folder)
            throws IOException {
        Machine.need(CpuAffinity.get().cardinality() > 1, "a second processor");
        final String table = LatencyBenchmark.run(2, SLICE_NS, SLICE_NS, folder);
        assertThat(table)
                .contains("| meter, no packets, alone | 1.00 |")
                .contains("| 10 % of the capacity, alone |")
                .contains("| 90 % of the capacity, 10,000 VLANs a second |");
        assertThat(Files.readString(folder.resolve("latency.svg"))).startsWith("<svg ");
        final List<String> tags = new ArrayList<>();
        try (HistogramLogReader log =
                new HistogramLogReader(folder.resolve("latency.hlog").toFile())) {
            while (log.hasNext()) {
                final Histogram histogram = (Histogram) log.nextIntervalHistogram();
                assertThat(histogram.getTotalCount()).isPositive();
                tags.add(histogram.getTag());
            }
        }
        assertThat(tags).hasSize(8).contains("meter-alone", "90-percent-control");
    }

    @Test
    void shouldRecordEveryPacketThatWasDue() {
        try (LatencyLoop loop = new LatencyLoop()) {
            final Histogram histogram = LatencyLoop.newHistogram();
            loop.run(100_000, SLICE_NS, histogram);
            // 2000 on average; the times are drawn from a fixed seed.
            assertThat(histogram.getTotalCount()).isBetween(1_700L, 2_300L);
        }
    }
}
