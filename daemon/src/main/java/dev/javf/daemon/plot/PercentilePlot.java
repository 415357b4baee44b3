package dev.javf.daemon.plot;

import org.HdrHistogram.Histogram;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Percentiles as a picture (SVG): panels side by side, a curve for each histogram, a bound dashed.
 * Both axes are logarithmic: time upwards, "one in so many" to the right. A single panel is wide,
 * and has the numbers below it.
 */
public final class PercentilePlot {
    private static final String[] COLOURS = {
        "#0b6e4f", "#c2570c", "#5b5fc7", "#b3261e", "#0f7c99", "#8a6d00", "#7b3f8c", "#4d4d4d"
    };
    private static final String DASHED = " stroke-dasharray=\"4 3\"";
    private static final String BLACK = "#222222";
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};
    private static final String[] TITLES = {
        "samples", "p50", "p90", "p99", "p99.9", "p99.99", "longest"
    };
    private static final int LEFT = 64;
    private static final int TOP = 64;
    private static final int BOTTOM = 62;
    private static final int GAP = 18;
    private static final int NARROW = 210;
    private static final int WIDE = 720;
    private static final int HEIGHT = 300;
    private static final int ROW = 16;
    private static final int COLUMN = 74;
    private static final int DECADES_OF_SAMPLES_MIN = 2;
    private static final int DECADES_OF_SAMPLES_MAX = 7;
    private static final double STEP = 0.05;

    private final List<Panel> panels;
    private final Svg svg;
    private final int panelWidth;
    private final int lowestDecade;
    private final int decadesOfTime;
    private final int decadesOfSamples;

    /**
     * A curve.
     *
     * @param label for people; equal labels of several panels are one entry of the legend.
     * @param colour as SVG writes it.
     * @param histogram of times in nanoseconds.
     */
    public record Curve(String label, String colour, Histogram histogram) {
        /** What a curve of this number is drawn with. */
        public static String colour(final int number) {
            return COLOURS[number % COLOURS.length];
        }
    }

    /**
     * Some curves on common axes.
     *
     * @param title above them; may be empty.
     * @param curves those without a sample aren't drawn.
     * @param boundNs a line across, in nanoseconds; 0 for none.
     */
    public record Panel(String title, List<Curve> curves, long boundNs) {}

    private PercentilePlot(final List<Panel> panels) {
        this.panels = panels;
        panelWidth = panels.size() == 1 ? WIDE : NARROW;
        long lowest = Long.MAX_VALUE;
        long highest = 1;
        long samples = 1;
        for (final Panel panel : panels) {
            for (final Curve curve : drawn(panel)) {
                lowest = Math.min(lowest, Math.max(1, curve.histogram().getValueAtPercentile(0)));
                highest = Math.max(highest, curve.histogram().getMaxValue());
                samples = Math.max(samples, curve.histogram().getTotalCount());
            }
            if (panel.boundNs() > 0) {
                lowest = Math.min(lowest, panel.boundNs());
                highest = Math.max(highest, panel.boundNs());
            }
        }
        lowestDecade = (int) Math.floor(Math.log10((double) Math.min(lowest, highest)));
        decadesOfTime = Math.max(1, (int) Math.ceil(Math.log10((double) highest)) - lowestDecade);
        decadesOfSamples =
                Math.clamp(
                        (long) Math.ceil(Math.log10((double) samples)),
                        DECADES_OF_SAMPLES_MIN,
                        DECADES_OF_SAMPLES_MAX);
        final int rows = panels.size() == 1 ? drawn(panels.getFirst()).size() + 2 : 0;
        svg =
                new Svg(
                        LEFT + panels.size() * (panelWidth + GAP) + GAP,
                        TOP + HEIGHT + BOTTOM + rows * ROW);
    }

    /**
     * Draws.
     *
     * @param title of the picture.
     * @param panels from left to right, at least one.
     * @return the picture, with nothing in it from elsewhere.
     */
    public static String svg(final String title, final List<Panel> panels) {
        return new PercentilePlot(panels).draw(title);
    }

    private static List<Curve> drawn(final Panel panel) {
        return panel.curves().stream()
                .filter(curve -> curve.histogram().getTotalCount() > 0)
                .toList();
    }

    private String draw(final String title) {
        svg.title(LEFT, 22, title);
        legend();
        for (int i = 0; i < panels.size(); i++) {
            panel(LEFT + i * (panelWidth + GAP), panels.get(i), i == 0);
        }
        svg.text(LEFT, TOP + HEIGHT + 46, "start", "samples that took longer");
        if (panels.size() == 1) {
            numbers(drawn(panels.getFirst()));
        }
        return svg.end();
    }

    private void legend() {
        final Map<String, String> entries = new LinkedHashMap<>();
        boolean isBound = false;
        for (final Panel panel : panels) {
            if (panels.size() > 1) {
                drawn(panel).forEach(curve -> entries.put(curve.label(), curve.colour()));
            }
            isBound |= panel.boundNs() > 0;
        }
        int x = LEFT;
        for (final Map.Entry<String, String> entry : entries.entrySet()) {
            svg.line(x, 42, x + 24, 42, entry.getValue(), "");
            svg.text(x + 30, 46, "start", entry.getKey());
            x += 60 + 7 * entry.getKey().length();
        }
        if (isBound) {
            svg.line(x, 42, x + 24, 42, BLACK, DASHED);
            svg.text(x + 30, 46, "start", "bound");
        }
    }

    private void panel(final int x, final Panel panel, final boolean isFirst) {
        svg.frame(x, TOP, panelWidth, HEIGHT);
        svg.text(x + panelWidth / 2, TOP - 5, "middle", panel.title());
        for (int decade = 0; decade <= decadesOfTime; decade++) {
            final int y = TOP + HEIGHT - decade * HEIGHT / decadesOfTime;
            svg.line(x, y, x + panelWidth, y, "#e4e4e4", "");
            if (isFirst) {
                svg.text(
                        x - 6, y + 4, "end", time(Math.round(Math.pow(10, lowestDecade + decade))));
            }
        }
        // A narrow panel has no room for every label.
        final int step = panelWidth / decadesOfSamples < 50 ? 2 : 1;
        for (int decade = 0; decade <= decadesOfSamples; decade++) {
            final int at = x + decade * panelWidth / decadesOfSamples;
            svg.line(at, TOP, at, TOP + HEIGHT, "#f0f0f0", "");
            if (decade % step == 0) {
                svg.text(at, TOP + HEIGHT + 14, "middle", share(decade));
                svg.text(at, TOP + HEIGHT + 27, "middle", "p" + plain(percentile(decade)));
            }
        }
        final List<Curve> curves = drawn(panel);
        for (int i = 0; i < curves.size(); i++) {
            curve(x, curves.get(i), i < COLOURS.length ? "" : DASHED);
        }
        if (panel.boundNs() > 0) {
            final int y = (int) y(panel.boundNs());
            svg.line(x, y, x + panelWidth, y, BLACK, DASHED);
        }
    }

    /** As far as there are samples enough to say anything. */
    private void curve(final int x, final Curve curve, final String more) {
        final Histogram histogram = curve.histogram();
        final double decades =
                Math.min(decadesOfSamples, Math.log10((double) histogram.getTotalCount()));
        final List<String> points = new ArrayList<>();
        for (double decade = 0; decade <= decades; decade += STEP) {
            points.add(
                    String.format(
                            Locale.ROOT,
                            "%.1f,%.1f",
                            x + decade * panelWidth / decadesOfSamples,
                            y(histogram.getValueAtPercentile(percentile(decade)))));
        }
        svg.curve(String.join(" ", points), curve.colour(), more);
    }

    /** What the curves say, in figures; the legend as well. */
    private void numbers(final List<Curve> curves) {
        final int right = LEFT + panelWidth;
        int y = TOP + HEIGHT + BOTTOM + ROW;
        for (int i = 0; i < TITLES.length; i++) {
            svg.text(right - (TITLES.length - 1 - i) * COLUMN, y, "end", TITLES[i]);
        }
        for (final Curve curve : curves) {
            y += ROW;
            svg.line(LEFT, y - 4, LEFT + 24, y - 4, curve.colour(), " stroke-width=\"2\"");
            svg.text(LEFT + 30, y, "start", curve.label());
            final Histogram histogram = curve.histogram();
            svg.text(
                    right - PERCENTILES.length * COLUMN,
                    y,
                    "end",
                    Long.toString(histogram.getTotalCount()));
            for (int i = 0; i < PERCENTILES.length; i++) {
                svg.text(
                        right - (PERCENTILES.length - 1 - i) * COLUMN,
                        y,
                        "end",
                        time(histogram.getValueAtPercentile(PERCENTILES[i])));
            }
        }
    }

    private double y(final long ns) {
        final double decades = Math.log10((double) Math.max(ns, 1)) - lowestDecade;
        return TOP + HEIGHT - Math.max(0, decades) * HEIGHT / decadesOfTime;
    }

    private static double percentile(final double decade) {
        return 100 - 100 / Math.pow(10, decade);
    }

    private static String share(final int decade) {
        return decade == 0 ? "all" : plain(100 / Math.pow(10, decade)) + " %";
    }

    /**
     * A time with three digits and its unit.
     *
     * @param ns nanoseconds.
     * @return such as {@code 1.23 ms}.
     */
    public static String time(final long ns) {
        final String[] units = {"ns", "us", "ms", "s"};
        double value = (double) ns;
        int unit = 0;
        while (value >= 999.5 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        final int digits = value >= 99.95 || unit == 0 ? 0 : value >= 9.995 ? 1 : 2;
        final String text = String.format(Locale.ROOT, "%." + digits + "f", value);
        return (digits == 0 ? text : plain(Double.parseDouble(text))) + " " + units[unit];
    }

    /** Without zeros that say nothing. */
    private static String plain(final double value) {
        final String text = String.format(Locale.ROOT, "%.6f", value);
        return text.replaceFirst("0+$", "").replaceFirst("\\.$", "");
    }
}
