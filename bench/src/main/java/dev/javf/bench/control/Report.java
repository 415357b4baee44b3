package dev.javf.bench.control;

import dev.javf.bench.HistogramLog;
import dev.javf.daemon.plot.PercentilePlot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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

    /** A panel for each number of VLANs, a line for each rule. */
    static String plot(final String title, final String what, final List<Measurement> all) {
        final List<Measurement> rows = all.stream().filter(row -> row.what().equals(what)).toList();
        final List<PercentilePlot.Panel> panels = new ArrayList<>();
        for (final int vlans : rows.stream().mapToInt(Measurement::vlans).distinct().toArray()) {
            final List<Measurement> mine =
                    rows.stream().filter(row -> row.vlans() == vlans).toList();
            panels.add(
                    new PercentilePlot.Panel(
                            vlans + (vlans == 1 ? " VLAN" : " VLANs"),
                            mine.stream()
                                    .map(row ->
                                            new PercentilePlot.Curve(
                                                    row.rule().label(),
                                                    row.rule().colour(),
                                                    row.histogram()))
                                    .toList(),
                            mine.getFirst().boundNs()));
        }
        return PercentilePlot.svg(title, panels);
    }

    static void writeLog(final List<Measurement> measurements, final Path file) throws IOException {
        for (final Measurement row : measurements) {
            row.histogram().setTag(row.tag());
        }
        HistogramLog.write(measurements.stream().map(Measurement::histogram).toList(), file);
    }
}
