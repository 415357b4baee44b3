package dev.javf.bench.control;

import org.HdrHistogram.Histogram;

import java.util.List;
import java.util.Locale;

/**
 * Percentiles as a picture (SVG): a panel for each number of VLANs, a line for each rule, the bound
 * dashed. Both axes are logarithmic: time upwards, "one in so many" to the right.
 */
final class PercentilePlot {
    private static final int PANEL_WIDTH = 210;
    private static final int PANEL_HEIGHT = 300;
    private static final int LEFT = 64;
    private static final int TOP = 64;
    private static final int BOTTOM = 58;
    private static final int GAP = 18;
    private static final double LOWEST_MS = 0.1;
    private static final int DECADES_OF_TIME = 6;
    private static final int DECADES_OF_SAMPLES = 5;
    private static final String[] SHARES = {"all", "10 %", "1 %", "0.1 %", "0.01 %", "0.001 %"};

    private final StringBuilder svg = new StringBuilder();

    private PercentilePlot() {}

    static String of(final String title, final String what, final List<Measurement> all) {
        final List<Measurement> rows = all.stream().filter(row -> row.what().equals(what)).toList();
        return new PercentilePlot().draw(title, rows);
    }

    private String draw(final String title, final List<Measurement> rows) {
        final int[] counts = rows.stream().mapToInt(Measurement::vlans).distinct().toArray();
        final int width = LEFT + counts.length * (PANEL_WIDTH + GAP) + GAP;
        final int height = TOP + PANEL_HEIGHT + BOTTOM;
        add(
                String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                            + " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">",
                        width,
                        height,
                        width,
                        height));
        add(
                String.format(
                        Locale.ROOT,
                        "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>",
                        width,
                        height));
        add(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"22\" font-size=\"15\" fill=\"#222222\">%s</text>",
                        LEFT,
                        title));
        legend();
        for (int i = 0; i < counts.length; i++) {
            final int count = counts[i];
            panel(
                    LEFT + i * (PANEL_WIDTH + GAP),
                    count,
                    rows.stream().filter(row -> row.vlans() == count).toList(),
                    i == 0);
        }
        text(LEFT, TOP + PANEL_HEIGHT + 46, "start", "samples that took longer");
        add("</svg>");
        return svg.toString();
    }

    private void legend() {
        int x = LEFT;
        for (final Rule rule : Rule.values()) {
            line(x, 42, x + 24, 42, rule.colour(), "");
            text(x + 30, 46, "start", rule.label());
            x += 120;
        }
        line(x, 42, x + 24, 42, "#222222", " stroke-dasharray=\"4 3\"");
        text(x + 30, 46, "start", "bound");
    }

    private void panel(
            final int x, final int count, final List<Measurement> rows, final boolean isFirst) {
        add(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\""
                                + " stroke=\"#999999\"/>",
                        x,
                        TOP,
                        PANEL_WIDTH,
                        PANEL_HEIGHT));
        text(x + PANEL_WIDTH / 2, TOP - 5, "middle", count + (count == 1 ? " VLAN" : " VLANs"));
        for (int decade = 0; decade <= DECADES_OF_TIME; decade++) {
            final double ms = LOWEST_MS * Math.pow(10, decade);
            final int y = (int) y(ms);
            line(x, y, x + PANEL_WIDTH, y, "#e4e4e4", "");
            if (isFirst) {
                text(
                        x - 6,
                        y + 4,
                        "end",
                        ms < 1000 ? format(ms) + " ms" : format(ms / 1000) + " s");
            }
        }
        for (int decade = 0; decade <= DECADES_OF_SAMPLES; decade += 1) {
            final int at = x + decade * PANEL_WIDTH / DECADES_OF_SAMPLES;
            line(at, TOP, at, TOP + PANEL_HEIGHT, "#f0f0f0", "");
            if (decade % 2 == 0) {
                text(at, TOP + PANEL_HEIGHT + 16, "middle", SHARES[decade]);
            }
        }
        for (final Measurement row : rows) {
            curve(x, row);
        }
        if (!rows.isEmpty() && rows.getFirst().boundNs() > 0) {
            final int y = (int) y(rows.getFirst().boundNs() / 1e6);
            line(x, y, x + PANEL_WIDTH, y, "#222222", " stroke-dasharray=\"4 3\"");
        }
    }

    /** As far as there are samples enough to say anything. */
    private void curve(final int x, final Measurement row) {
        final Histogram histogram = row.histogram();
        final StringBuilder points = new StringBuilder();
        final double decades =
                Math.min(DECADES_OF_SAMPLES, Math.log10((double) histogram.getTotalCount()));
        for (double decade = 0; decade <= decades; decade += 0.05) {
            final double percentile = 100 - 100 / Math.pow(10, decade);
            points.append(
                    String.format(
                            Locale.ROOT,
                            "%.1f,%.1f ",
                            x + decade * PANEL_WIDTH / DECADES_OF_SAMPLES,
                            y(row.percentileMs(percentile))));
        }
        add(
                String.format(
                        Locale.ROOT,
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
                        points.toString().strip(),
                        row.rule().colour()));
    }

    private static double y(final double ms) {
        final double decades = Math.log10(Math.max(ms, LOWEST_MS) / LOWEST_MS);
        return TOP + PANEL_HEIGHT - decades * PANEL_HEIGHT / DECADES_OF_TIME;
    }

    private static String format(final double value) {
        return value < 1
                ? String.format(Locale.ROOT, "%.1f", value)
                : String.format(Locale.ROOT, "%.0f", value);
    }

    private void line(
            final int x1,
            final int y1,
            final int x2,
            final int y2,
            final String colour,
            final String more) {
        add(
                String.format(
                        Locale.ROOT,
                        "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"%s/>",
                        x1,
                        y1,
                        x2,
                        y2,
                        colour,
                        more));
    }

    private void text(final int x, final int y, final String anchor, final String text) {
        add(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#444444\">%s</text>",
                        x,
                        y,
                        anchor,
                        text));
    }

    private void add(final String line) {
        svg.append(line).append('\n');
    }
}
