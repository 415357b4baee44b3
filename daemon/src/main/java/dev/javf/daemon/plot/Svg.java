package dev.javf.daemon.plot;

import java.util.Locale;

/** A picture, element by element. All texts are escaped. Not for several threads. */
final class Svg {
    private final StringBuilder text = new StringBuilder();

    /**
     * A white picture.
     *
     * @param width in pixels.
     * @param height in pixels.
     */
    Svg(final int width, final int height) {
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
    }

    void line(
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

    void frame(final int x, final int y, final int width, final int height) {
        add(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\""
                                + " stroke=\"#999999\"/>",
                        x,
                        y,
                        width,
                        height));
    }

    void text(final int x, final int y, final String anchor, final String what) {
        add(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#444444\">%s</text>",
                        x,
                        y,
                        anchor,
                        Markup.escape(what)));
    }

    void title(final int x, final int y, final String what) {
        add(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" font-size=\"15\" fill=\"#222222\">%s</text>",
                        x,
                        y,
                        Markup.escape(what)));
    }

    void curve(final String points, final String colour, final String more) {
        add(
                String.format(
                        Locale.ROOT,
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\""
                                + " stroke-width=\"2\"%s/>",
                        points,
                        colour,
                        more));
    }

    /** The whole picture. */
    String end() {
        return text + "</svg>\n";
    }

    private void add(final String line) {
        text.append(line).append('\n');
    }
}
