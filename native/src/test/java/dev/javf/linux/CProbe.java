package dev.javf.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks the system's C compiler for numbers. What the installed headers don't know is found by what
 * the compiler complains of, line by line, and left out; a header that is missing is replaced by an
 * empty one.
 */
final class CProbe {
    /** System property: a folder of headers to take before the system's, such as newer ones. */
    static final String HEADERS_PROP_NAME = "javf.test.headers";

    private static final int MAX_PASSES = 50;
    private static final Pattern WRONG_LINE = Pattern.compile("probe\\.c:(\\d+):\\d+: error:");
    private static final Pattern NO_HEADER =
            Pattern.compile("fatal error: ([\\w./-]+): No such file or directory");

    private final Path folder;
    private final String preamble;
    private final Set<String> missingHeaders = new LinkedHashSet<>();

    /**
     * @param folder an empty one to work in.
     * @param preamble the C text that declares what is asked for.
     */
    CProbe(final Path folder, final String preamble) {
        this.folder = folder;
        this.preamble = preamble;
    }

    /** The values of the expressions that the headers know. */
    Map<ProbeItem, Long> values(final List<ProbeItem> items) throws Exception {
        final Map<Integer, ProbeItem> lines = new TreeMap<>();
        final int firstLine = (int) preamble.lines().count() + 5;
        for (final ProbeItem item : items) {
            lines.put(firstLine + lines.size(), item);
        }
        for (int i = 0; i < MAX_PASSES; i++) {
            Files.writeString(folder.resolve("probe.c"), program(firstLine, lines));
            final String errors = compile();
            if (errors.isEmpty()) {
                return run(lines);
            }
            if (!replaceHeader(errors) && !dropLines(errors, lines)) {
                throw new AssertionError("the probe doesn't compile:\n" + errors);
            }
        }
        throw new AssertionError("the probe doesn't compile after " + MAX_PASSES + " passes");
    }

    /** The headers that are not installed. */
    Set<String> missingHeaders() {
        return missingHeaders;
    }

    private String program(final int firstLine, final Map<Integer, ProbeItem> lines) {
        final StringBuilder text = new StringBuilder(preamble);
        text.append(
                "#include <stddef.h>\n#include <stdio.h>\n#include <string.h>\nint main(void) {");
        int at = firstLine - 1;
        for (final Map.Entry<Integer, ProbeItem> line : lines.entrySet()) {
            for (; at < line.getKey(); at++) {
                text.append('\n');
            }
            text.append(
                    "printf(\"%d %%lld\\n\", (long long) (%s));"
                            .formatted(line.getKey(), line.getValue().expression()));
        }
        return text.append("\n}\n").toString();
    }

    private String compile() throws Exception {
        final List<String> command = new ArrayList<>();
        command.addAll(List.of("cc", "-w", "-D_GNU_SOURCE", "-ftrack-macro-expansion=0"));
        final String headers = System.getProperty(HEADERS_PROP_NAME);
        if (headers != null) {
            command.addAll(List.of("-isystem", headers));
        }
        command.addAll(List.of("-idirafter", "missing", "-o", "probe", "probe.c"));
        Files.createDirectories(folder.resolve("missing"));
        return output(command, false);
    }

    private boolean replaceHeader(final String errors) throws IOException {
        final Matcher matcher = NO_HEADER.matcher(errors);
        if (!matcher.find()) {
            return false;
        }
        final Path header = folder.resolve("missing").resolve(matcher.group(1));
        Files.createDirectories(header.getParent());
        Files.createFile(header);
        return missingHeaders.add(matcher.group(1));
    }

    private static boolean dropLines(final String errors, final Map<Integer, ProbeItem> lines) {
        final Matcher matcher = WRONG_LINE.matcher(errors);
        boolean dropped = false;
        while (matcher.find()) {
            dropped |= lines.remove(Integer.valueOf(matcher.group(1))) != null;
        }
        return dropped;
    }

    private Map<ProbeItem, Long> run(final Map<Integer, ProbeItem> lines) throws Exception {
        final Map<ProbeItem, Long> values = new LinkedHashMap<>();
        final String output = output(List.of("./probe"), true);
        output.lines()
                .map(line -> line.split(" ", 2))
                .forEach(pair ->
                        values.put(lines.get(Integer.valueOf(pair[0])), Long.valueOf(pair[1])));
        return values;
    }

    private String output(final List<String> command, final boolean mustSucceed) throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("LC_ALL", "C");
        final Process process = builder.redirectErrorStream(true).start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0 && mustSucceed) {
            throw new AssertionError(command + " failed: " + output);
        }
        return output;
    }
}
