package dev.javf.daemon.service;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel says of this process, in {@code /proc/self}. Any thread. */
final class ProcessFacts {
    private static final long KIBIBYTE = 1024;
    private static final Pattern LOCKED = Pattern.compile("(?m)^VmLck:\\s+(\\d+) kB$");
    private static final Pattern LIMIT =
            Pattern.compile("(?m)^Max locked memory +(\\d+|unlimited) ");
    private static final Pattern CPU = Pattern.compile("^(?: \\S+){36} (\\d{1,6})\\b");
    private static final Pattern SWITCHES =
            Pattern.compile(
                    "(?m)^voluntary_ctxt_switches:\\s+(\\d+)\\n"
                            + "nonvoluntary_ctxt_switches:\\s+(\\d+)$");

    private final Path process;

    /**
     * Facts of a process.
     *
     * @param process {@code /proc/self}, or a folder that looks like one.
     */
    ProcessFacts(final Path process) {
        this.process = process;
    }

    /**
     * A thread.
     *
     * @param voluntary times that it left its CPU by itself.
     * @param involuntary times that it was taken off its CPU.
     * @param cpu the one that it ran on last; -1 is unknown.
     */
    record ThreadFacts(long voluntary, long involuntary, int cpu) {}

    /** Bytes that are locked in memory, those of VFIO's mappings included; -1 is unknown. */
    long lockedBytes() {
        final Matcher locked = LOCKED.matcher(text("status"));
        return locked.find() ? Long.parseLong(locked.group(1)) * KIBIBYTE : -1;
    }

    /** Bytes that may be locked; infinite without a limit, not a number when unknown. */
    double lockedBytesMax() {
        final Matcher limit = LIMIT.matcher(text("limits"));
        if (!limit.find()) {
            return Double.NaN;
        }
        return limit.group(1).equals("unlimited")
                ? Double.POSITIVE_INFINITY
                : Double.parseDouble(limit.group(1));
    }

    /** The threads, by name; of several with one name any. */
    Map<String, ThreadFacts> threads() {
        final Map<String, ThreadFacts> threads = new TreeMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (final Path task : tasks) {
                final Path name = process.relativize(task);
                final Matcher switches = SWITCHES.matcher(text(name + "/status"));
                if (switches.find()) {
                    threads.put(
                            text(name + "/comm").strip(),
                            new ThreadFacts(
                                    Long.parseLong(switches.group(1)),
                                    Long.parseLong(switches.group(2)),
                                    cpu(text(name + "/stat"))));
                }
            }
        } catch (final IOException | DirectoryIteratorException e) {
            return Map.of();
        }
        return threads;
    }

    /** Field 39 of proc(5)'s stat; the second may hold anything, and ends at the last bracket. */
    private static int cpu(final String stat) {
        final Matcher cpu = CPU.matcher(stat.substring(stat.lastIndexOf(')') + 1));
        return cpu.find() ? Integer.parseInt(cpu.group(1)) : -1;
    }

    private String text(final String file) {
        try {
            return Files.readString(process.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (final IOException e) {
            return "";
        }
    }
}
