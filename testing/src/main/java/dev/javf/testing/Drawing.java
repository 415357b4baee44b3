package dev.javf.testing;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is in a diagram, nodes and edges with their texts, whether as Graphviz source or as the SVG
 * that {@code dot -Tsvg} makes of it. So a picture in the repository can be kept equal to its
 * source where there is no Graphviz.
 */
public final class Drawing {
    private static final String NAME = "\\w+";
    private static final Pattern DOT_LINE =
            Pattern.compile(
                    "^  (" + NAME + ")( -> (" + NAME + "))?( \\[(label=\"([^\"]*)\")?.*\\])?;$",
                    Pattern.MULTILINE);
    private static final Pattern SVG_GROUP =
            Pattern.compile(
                    "<g id=\"\\w+\" class=\"(?:node|edge)\">\\s*<title>([^<]*)</title>(.*?)</g>",
                    Pattern.DOTALL);
    private static final Pattern SVG_TEXT = Pattern.compile("<text [^>]*>([^<]*)</text>");
    private static final Set<String> DEFAULTS = Set.of("node", "edge");

    private Drawing() {}

    /**
     * What a diagram of one statement a line has.
     *
     * @param source of Graphviz, each node named once before its edges.
     * @return {@code "A: text"} for a node, {@code "A->B: text"} for an edge; lines of a text are
     *     apart by a blank.
     */
    public static Set<String> ofDot(final String source) {
        final Set<String> things = new TreeSet<>();
        for (final Matcher line = DOT_LINE.matcher(source); line.find(); ) {
            if (DEFAULTS.contains(line.group(1))) {
                continue;
            }
            final boolean isEdge = line.group(3) != null;
            final String name = isEdge ? line.group(1) + "->" + line.group(3) : line.group(1);
            final String label = line.group(6);
            final String own = isEdge ? "" : name;
            things.add(name + ": " + (label == null ? own : label.replace("\\n", " ")));
        }
        return things;
    }

    /**
     * The same of a picture.
     *
     * @param svg as Graphviz writes it.
     * @return as {@link #ofDot}.
     */
    public static Set<String> ofSvg(final String svg) {
        final Set<String> things = new TreeSet<>();
        for (final Matcher group = SVG_GROUP.matcher(svg); group.find(); ) {
            final StringBuilder text = new StringBuilder();
            for (final Matcher line = SVG_TEXT.matcher(group.group(2)); line.find(); ) {
                text.append(text.isEmpty() ? "" : " ").append(plain(line.group(1)));
            }
            things.add(plain(group.group(1)) + ": " + text);
        }
        return things;
    }

    private static String plain(final String xml) {
        return xml.replace("&#45;", "-")
                .replace("&gt;", ">")
                .replace("&lt;", "<")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
    }
}
