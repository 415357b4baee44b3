package dev.javf.bench.control;

import dev.javf.daemon.plot.PercentilePlot;

import org.HdrHistogram.HistogramLogWriter;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Results as a table in Markdown, and as a log of histograms (.hlog) with a tag for each row. */
final class Report {
    private static final double[] PERCENTILES = {50, 99, 99.9, 99.99, 99.999};

    private Report() {}

    static String table(final List<Measurement> measurements) {
        final StringBuilder table = new StringBuilder();
        table.append(
                "| what | VLANs | rule | samples | p50 ms | p99 | p99.9 | p99.99 | p99.999 | max |"
                        + " bound ms | p50 x bound | p50 x javf |\n"
                        + "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        for (final Measurement row : measurements) {
            table.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %d | %s | %d |",
                            row.what(),
                            row.vlans(),
                            row.rule().label(),
                            row.histogram().getTotalCount()));
            for (final double percentile : PERCENTILES) {
                // With fewer samples than that it would be the slowest one again.
                table.append(
                        row.histogram().getTotalCount() * (100 - percentile) < 99.9
                                ? " - |"
                                : String.format(
                                        Locale.ROOT, " %.3f |", row.percentileMs(percentile)));
            }
            table.append(
                    String.format(
                            Locale.ROOT,
                            " %.3f | %s | %s | %s |%n",
                            row.histogram().getMaxValue() / 1e6,
                            row.boundNs() == 0
                                    ? "-"
                                    : String.format(Locale.ROOT, "%.3f", row.boundNs() / 1e6),
                            row.boundNs() == 0
                                    ? "-"
                                    : String.format(
                                            Locale.ROOT,
                                            "%.3f",
                                            row.percentileMs(50) / (row.boundNs() / 1e6)),
                            timesJavf(measurements, row)));
        }
        return table.toString();
    }

    private static String timesJavf(final List<Measurement> measurements, final Measurement row) {
        return measurements.stream()
                .filter(other ->
                        other.rule() == Rule.JAVF
                                && other.vlans() == row.vlans()
                                && other.what().equals(row.what())
                                && other.percentileMs(50) > 0)
                .findFirst()
                .map(javf ->
                        String.format(
                                Locale.ROOT, "%.2f", row.percentileMs(50) / javf.percentileMs(50)))
                .orElse("-");
    }

    /** A panel for each number of VLANs, a curve for each rule. */
    static String plot(
            final String title, final String what, final List<Measurement> measurements) {
        final Map<Integer, List<Measurement>> byVlans =
                measurements.stream()
                        .filter(row -> row.what().equals(what))
                        .collect(
                                Collectors.groupingBy(
                                        Measurement::vlans,
                                        LinkedHashMap::new,
                                        Collectors.toList()));
        final List<PercentilePlot.Panel> panels = new ArrayList<>();
        byVlans.forEach((vlans, rows) ->
                panels.add(
                        new PercentilePlot.Panel(
                                vlans + (vlans == 1 ? " VLAN" : " VLANs"),
                                rows.stream()
                                        .map(row ->
                                                new PercentilePlot.Curve(
                                                        row.rule().label(),
                                                        row.rule().colour(),
                                                        row.histogram()))
                                        .toList(),
                                rows.getFirst().boundNs())));
        return PercentilePlot.svg(title, panels);
    }

    static void writeLog(final List<Measurement> measurements, final Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (PrintStream out = new PrintStream(file.toFile(), StandardCharsets.UTF_8)) {
            final HistogramLogWriter log = new HistogramLogWriter(out);
            log.outputLogFormatVersion();
            log.outputComment("[times in nanoseconds]");
            log.outputLegend();
            for (final Measurement row : measurements) {
                row.histogram().setTag(row.tag());
                log.outputIntervalHistogram(row.histogram());
            }
        }
    }
}
