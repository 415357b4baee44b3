package dev.javf.daemon.plot;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is in a picture of percentiles. */
class PercentilePlotTest {
    private static final Pattern POINTS = Pattern.compile("<polyline points=\"([^\"]+)\"");

    private static Histogram histogram(final long... ns) {
        final Histogram histogram = new Histogram(3);
        for (final long value : ns) {
            histogram.recordValue(value);
        }
        return histogram;
    }

    private static PercentilePlot.Panel panel(final String title, final Histogram... histograms) {
        final List<PercentilePlot.Curve> curves = new ArrayList<>();
        for (final Histogram histogram : histograms) {
            curves.add(
                    new PercentilePlot.Curve(
                            "curve " + curves.size(),
                            PercentilePlot.Curve.colour(curves.size()),
                            histogram));
        }
        return new PercentilePlot.Panel(title, curves, 0);
    }

    @Test
    void shouldRiseToTheLongest() {
        final long[] values = new long[1000];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1_000 + 950L * i;
        }
        final String svg = PercentilePlot.svg("A title", List.of(panel("", histogram(values))));
        final Matcher points = POINTS.matcher(svg);
        assertThat(points.find()).isTrue();
        double lastX = 0;
        double lastY = Double.MAX_VALUE;
        for (final String point : points.group(1).split(" ", -1)) {
            final double x = Double.parseDouble(point.split(",", -1)[0]);
            final double y = Double.parseDouble(point.split(",", -1)[1]);
            assertThat(x).isGreaterThan(lastX);
            assertThat(y).isLessThanOrEqualTo(lastY);
            lastX = x;
            lastY = y;
        }
        // From 1 us to 950 us: three decades of time, three of samples. The frame is 64 from the
        // top.
        assertThat(lastX).isEqualTo(64 + 720);
        assertThat(lastY).isBetween(65.0, 67.5);
        assertThat(svg)
                .contains(">1 us<", ">1 ms<", ">0.1 %<", ">p99.9<")
                .contains(">1000<", ">475 us<", ">A title<", ">curve 0<")
                .doesNotContain(">100 ns<", ">10 ms<");
    }

    @Test
    void shouldPutPanelsSideBySide() {
        final String svg =
                PercentilePlot.svg(
                        "",
                        List.of(
                                panel("one", histogram(1_000, 2_000)),
                                new PercentilePlot.Panel(
                                        "two",
                                        panel("", histogram(5_000)).curves(),
                                        2_000_000_000L)));
        assertThat(svg).contains(">one<", ">two<", ">bound<", ">10 s<");
        // A legend, no figures.
        assertThat(svg).containsOnlyOnce(">curve 0<").doesNotContain("longest");
    }

    @Test
    void shouldDrawNothingOfNothing() {
        assertThat(PercentilePlot.svg("", List.of(panel("", histogram()))))
                .startsWith("<svg ")
                .doesNotContain("NaN", "Infinity", "polyline")
                .endsWith("</svg>\n");
    }

    @Test
    void shouldEscapeWhatItIsGiven() {
        final Histogram histogram = histogram(1);
        final String svg =
                PercentilePlot.svg(
                        "<script>",
                        List.of(
                                new PercentilePlot.Panel(
                                        "a&b",
                                        List.of(
                                                new PercentilePlot.Curve(
                                                        "\"</svg>\u0007",
                                                        PercentilePlot.Curve.colour(99),
                                                        histogram)),
                                        0)));
        assertThat(svg).contains("&lt;script&gt;", "a&amp;b", "&quot;&lt;/svg&gt;?");
        assertThat(svg).doesNotContain("<script>").containsOnlyOnce("</svg>");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 ns",
        "999, 999 ns",
        "1000, 1 us",
        "1234, 1.23 us",
        "12345, 12.3 us",
        "123456, 123 us",
        "999600, 1 ms",
        "60000000000, 60 s",
        "1234000000000, 1234 s"
    })
    void shouldWriteTimesForPeople(final long ns, final String text) {
        assertThat(PercentilePlot.time(ns)).isEqualTo(text);
    }
}
