package dev.javf.daemon.plot;

/** Texts in HTML and SVG. */
public final class Markup {
    private Markup() {}

    /**
     * A text as a text, whatever is in it. What XML has no place for, such as an escape character,
     * becomes a question mark.
     *
     * @param text any.
     * @return may stand in an element and in an attribute.
     */
    public static String escape(final String text) {
        final StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints()
                .forEach(point -> {
                    switch (point) {
                        case '&' -> escaped.append("&amp;");
                        case '<' -> escaped.append("&lt;");
                        case '>' -> escaped.append("&gt;");
                        case '"' -> escaped.append("&quot;");
                        case '\'' -> escaped.append("&#39;");
                        default -> escaped.appendCodePoint(isAllowed(point) ? point : '?');
                    }
                });
        return escaped.toString();
    }

    private static boolean isAllowed(final int point) {
        return point == '\n'
                || point == '\t'
                || (point >= ' ' && point < 0x7f)
                || (point >= 0xa0 && point <= 0xd7ff)
                || (point >= 0xe000 && point <= 0xfffd)
                || point > 0xffff;
    }
}
