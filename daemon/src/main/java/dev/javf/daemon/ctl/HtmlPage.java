package dev.javf.daemon.ctl;

import dev.javf.daemon.plot.Markup;

import java.util.List;

/**
 * A page in one file: it fetches nothing, which its content security policy makes sure of, and runs
 * no script. All texts are escaped. Not for several threads.
 */
final class HtmlPage {
    private static final String STYLE =
            """
            body { font: 14px/1.45 system-ui, sans-serif; color: #222; background: #fff;
              margin: 0 auto; padding: 24px; max-width: 1100px; }
            h1 { font-size: 22px; margin: 0 0 4px; }
            h2 { font-size: 17px; margin: 34px 0 8px; border-bottom: 1px solid #ddd; }
            h3 { font-size: 14px; margin: 18px 0 6px; }
            p { margin: 4px 0; }
            table { border-collapse: collapse; margin: 8px 0; font-size: 13px; }
            th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #eee;
              vertical-align: top; }
            th { color: #555; font-weight: 600; }
            .number { text-align: right; font-variant-numeric: tabular-nums; }
            pre { background: #f6f6f6; padding: 10px; overflow-x: auto; font-size: 12px;
              line-height: 1.35; margin: 6px 0; }
            summary { cursor: pointer; margin: 8px 0; }
            svg { max-width: 100%; height: auto; display: block; margin: 8px 0; }
            .good { color: #0b6e4f; font-weight: 600; }
            .bad { color: #b3261e; font-weight: 600; }
            .so-so { color: #8a5a00; font-weight: 600; }
            .faint { color: #777; }
            """;

    private final StringBuilder text = new StringBuilder();

    /**
     * An empty page.
     *
     * @param title of the page, and above it.
     */
    HtmlPage(final String title) {
        text.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src"
                                + " 'none';")
                .append(" style-src 'unsafe-inline'\">\n<title>")
                .append(Markup.escape(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style></head><body>\n");
        element("h1", title);
    }

    void section(final String title) {
        element("h2", title);
    }

    void heading(final String title) {
        element("h3", title);
    }

    void paragraph(final String what) {
        element("p", what);
    }

    /** A line that isn't important. */
    void remark(final String what) {
        text.append("<p class=\"faint\">").append(Markup.escape(what)).append("</p>\n");
    }

    /** A line with states in it, which get their colours. */
    void states(final List<String> words) {
        text.append("<p>");
        for (int i = 0; i < words.size(); i++) {
            text.append(i == 0 ? "" : ", ");
            coloured(words.get(i));
        }
        text.append("</p>\n");
    }

    void lines(final String what) {
        element("pre", what);
    }

    /** Lines that are seen when somebody asks for them. */
    void folded(final String title, final String what) {
        text.append("<details><summary>").append(Markup.escape(title)).append("</summary>\n");
        lines(what);
        text.append("</details>\n");
    }

    /** A picture of ours: it isn't escaped. */
    void picture(final String svg) {
        text.append(svg);
    }

    void table(final Table table) {
        if (table.isEmpty()) {
            remark("none");
            return;
        }
        final List<List<String>> rows = table.rows();
        text.append("<table>\n");
        for (int r = 0; r < rows.size(); r++) {
            text.append("<tr>");
            for (int i = 0; i < rows.get(r).size(); i++) {
                text.append(r == 0 ? "<th" : "<td")
                        .append(table.isNumber(i) ? " class=\"number\">" : ">");
                if (r == 0) {
                    text.append(Markup.escape(rows.get(r).get(i)));
                } else {
                    coloured(rows.get(r).get(i));
                }
                text.append(r == 0 ? "</th>" : "</td>");
            }
            text.append("</tr>\n");
        }
        text.append("</table>\n");
    }

    /** The whole page. */
    String end() {
        return text + "</body></html>\n";
    }

    private void coloured(final String word) {
        final String kind = Colour.kind(word);
        if (kind.isEmpty()) {
            text.append(Markup.escape(word));
        } else {
            text.append("<span class=\"")
                    .append(kind)
                    .append("\">")
                    .append(Markup.escape(word))
                    .append("</span>");
        }
    }

    private void element(final String name, final String what) {
        text.append('<')
                .append(name)
                .append('>')
                .append(Markup.escape(what))
                .append("</")
                .append(name)
                .append(">\n");
    }
}
