package dev.javf.daemon.suite;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** What the kernel has logged since the start, where it may be read. */
final class KernelLog {
    private static final Pattern TROUBLE =
            Pattern.compile("BUG:|WARNING:|Call Trace|hung_task|blocked for more than|stall");

    private final List<String> before = read();

    /**
     * Looks.
     *
     * @return the first line that tells of trouble; empty if none does, or nothing may be read.
     */
    String trouble() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        final List<String> now = read();
        final int known = before.isEmpty() ? -1 : now.lastIndexOf(before.getLast());
        return now.subList(known + 1, now.size()).stream()
                .filter(line -> TROUBLE.matcher(line).find())
                .findFirst()
                .orElse("");
    }

    private static List<String> read() {
        try {
            final Process process =
                    new ProcessBuilder("dmesg")
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (final IOException e) {
            // No such command, or no permission: then it isn't readable.
            return List.of();
        }
    }
}
