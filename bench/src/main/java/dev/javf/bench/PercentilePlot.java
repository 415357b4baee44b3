package dev.javf.bench;

import org.HdrHistogram.Histogram;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Percentiles as a picture (SVG): panels side by side with lines of the same colours, a bound
 * dashed. Both axes are logarithmic: time upwards, "one in so many" to the right.
 */
public final class PercentilePlot {
    private static final int PANEL_WIDTH = 210;
    private static final int PANEL_HEIGHT = 300;
    private static final int LEFT = 64;
    private static final int TOP = 64;
    private static final int BOTTOM = 58;
    private static final int GAP = 18;
    private static final String[] SHARES = {
        "all", "10 %", "1 %", "0.1 %", "0.01 %", "0.001 %", "0.0001 %"
    };

    private final double lowestNs;
    private final int decadesOfTime;
    private final int decadesOfSamples;
    private final StringBuilder svg = new StringBuilder();

    /**
     * One line.
     *
     * @param label for the legend.
     * @param colour as SVG has it.
     * @param histogram of times in nanoseconds.
     */
    public record Line(String label, String colour, Histogram histogram) {}

    /**
     * One panel.
     *
     * @param title above it.
     * @param lines what it shows.
     * @param boundNs where the dashed line is; 0 for none.
     */
    public record Panel(String title, List<Line> lines, long boundNs) {}

    private PercentilePlot(
            final double lowestNs, final int decadesOfTime, final int decadesOfSamples) {
        this.lowestNs = lowestNs;
        this.decadesOfTime = decadesOfTime;
        this.decadesOfSamples = decadesOfSamples;
    }

    /**
     * Draws.
     *
     * @param title above all.
     * @param lowestNs where the axis of time begins, in nanoseconds.
     * @param decadesOfTime how far it goes.
     * @param decadesOfSamples how far the other axis goes, 1 to 6.
     * @param panels from left to right.
     * @return an SVG document.
     */
    public static String of(
            final String title,
            final double lowestNs,
            final int decadesOfTime,
            final int decadesOfSamples,
            final List<Panel> panels) {
        return new PercentilePlot(lowestNs, decadesOfTime, decadesOfSamples).draw(title, panels);
    }

    private String draw(final String title, final List<Panel> panels) {
        final int width = LEFT + panels.size() * (PANEL_WIDTH + GAP) + GAP;
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
        legend(panels);
        for (int i = 0; i < panels.size(); i++) {
            panel(LEFT + i * (PANEL_WIDTH + GAP), panels.get(i), i == 0);
        }
        text(LEFT, TOP + PANEL_HEIGHT + 46, "start", "samples that took longer");
        add("</svg>");
        return svg.toString();
    }

    private void legend(final List<Panel> panels) {
        final Map<String, String> colours = new LinkedHashMap<>();
        for (final Panel panel : panels) {
            panel.lines().forEach(line -> colours.put(line.label(), line.colour()));
        }
        int x = LEFT;
        for (final Map.Entry<String, String> entry : colours.entrySet()) {
            line(x, 42, x + 24, 42, entry.getValue(), "");
            text(x + 30, 46, "start", entry.getKey());
            x += 60 + 7 * entry.getKey().length();
        }
        if (panels.stream().anyMatch(panel -> panel.boundNs() > 0)) {
            line(x, 42, x + 24, 42, "#222222", " stroke-dasharray=\"4 3\"");
            text(x + 30, 46, "start", "bound");
        }
    }

    private void panel(final int x, final Panel panel, final boolean isFirst) {
        add(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\""
                                + " stroke=\"#999999\"/>",
                        x,
                        TOP,
                        PANEL_WIDTH,
                        PANEL_HEIGHT));
        text(x + PANEL_WIDTH / 2, TOP - 5, "middle", panel.title());
        for (int decade = 0; decade <= decadesOfTime; decade++) {
            final double ns = lowestNs * Math.pow(10, decade);
            final int y = (int) y(ns);
            line(x, y, x + PANEL_WIDTH, y, "#e4e4e4", "");
            if (isFirst) {
                text(x - 6, y + 4, "end", time(ns));
            }
        }
        for (int decade = 0; decade <= decadesOfSamples; decade += 1) {
            final int at = x + decade * PANEL_WIDTH / decadesOfSamples;
            line(at, TOP, at, TOP + PANEL_HEIGHT, "#f0f0f0", "");
            if (decade % 2 == 0) {
                text(at, TOP + PANEL_HEIGHT + 16, "middle", SHARES[decade]);
            }
        }
        for (final Line line : panel.lines()) {
            curve(x, line);
        }
        if (panel.boundNs() > 0) {
            final int y = (int) y((double) panel.boundNs());
            line(x, y, x + PANEL_WIDTH, y, "#222222", " stroke-dasharray=\"4 3\"");
        }
    }

    /** As far as there are samples enough to say anything. */
    private void curve(final int x, final Line line) {
        final Histogram histogram = line.histogram();
        final StringBuilder points = new StringBuilder();
        final double decades =
                Math.min(decadesOfSamples, Math.log10((double) histogram.getTotalCount()));
        for (double decade = 0; decade <= decades; decade += 0.05) {
            final double percentile = 100 - 100 / Math.pow(10, decade);
            points.append(
                    String.format(
                            Locale.ROOT,
                            "%.1f,%.1f ",
                            x + decade * PANEL_WIDTH / decadesOfSamples,
                            y((double) histogram.getValueAtPercentile(percentile))));
        }
        add(
                String.format(
                        Locale.ROOT,
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
                        points.toString().strip(),
                        line.colour()));
    }

    private double y(final double ns) {
        final double decades = Math.log10(Math.max(ns, lowestNs) / lowestNs);
        return TOP + PANEL_HEIGHT - Math.min(decades, decadesOfTime) * PANEL_HEIGHT / decadesOfTime;
    }

    private static String time(final double ns) {
        if (ns < 999) {
            return format(ns) + " ns";
        }
        if (ns < 99_999) {
            return format(ns / 1e3) + " us";
        }
        return ns < 1e9 ? format(ns / 1e6) + " ms" : format(ns / 1e9) + " s";
    }

    private static String format(final double value) {
        return String.format(Locale.ROOT, value < 0.99 ? "%.1f" : "%.0f", value);
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
