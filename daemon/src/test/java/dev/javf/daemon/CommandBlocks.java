package dev.javf.daemon;

import dev.javf.testing.Repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the documentation says to type: indented blocks, and fenced ones for a shell. */
public final class CommandBlocks {
    private static final String INDENT = "    ";
    private static final String FENCE = "```";

    /** A fence for something else says so. */
    private static final Pattern SHELL_FENCE = Pattern.compile("```(sh|bash|shell|console)\\b.*");

    private CommandBlocks() {}

    /**
     * Lines that belong together.
     *
     * @param text as written, without the indentation.
     */
    public record Block(String text) {
        /** Each command: continued lines joined, without the remark at its end. */
        public List<String> statements() {
            return Stream.of(text.replaceAll("\\\\\n\\s*", " ").split("\n", -1))
                    .map(each -> each.replaceFirst("\\s+# .*$", "").strip())
                    .filter(each -> !each.isEmpty())
                    .toList();
        }
    }

    /** README.md's and then docs/*.md's, by name. */
    public static List<Path> pages() throws IOException {
        final List<Path> pages = new ArrayList<>(List.of(Repository.file("README.md")));
        try (Stream<Path> docs = Files.list(Repository.file("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages;
    }

    /** A page's blocks; an empty line ends one. */
    public static List<Block> of(final Path page) throws IOException {
        final List<Block> blocks = new ArrayList<>();
        final StringBuilder text = new StringBuilder();
        boolean fenced = false;
        boolean shell = false;
        boolean afterBlank = true;
        final List<String> lines = new ArrayList<>(Files.readAllLines(page));
        lines.add("");
        for (final String line : lines) {
            final boolean fence = line.strip().startsWith(FENCE);
            // An indented line right after text only continues that text.
            final boolean part =
                    !fence
                            && !line.isBlank()
                            && (fenced
                                    ? shell
                                    : line.startsWith(INDENT) && (afterBlank || !text.isEmpty()));
            if (part) {
                text.append(fenced ? line : line.substring(INDENT.length())).append('\n');
            } else if (!text.isEmpty()) {
                blocks.add(new Block(text.toString()));
                text.setLength(0);
            }
            if (fence) {
                shell = !fenced && SHELL_FENCE.matcher(line.strip()).matches();
                fenced = !fenced;
            }
            afterBlank = line.isBlank();
        }
        return blocks;
    }
}
