package dev.javf.iavf;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files with what a flight recorder held when something failed: {@code NAME-TIME-NUMBER.flight},
 * where the name is the device's, with everything but letters, digits and dots as dashes. Of each
 * device only the newest stay.
 */
final class FlightRecordDumps {
    /** How many files of a device are kept. */
    static final int KEPT = 16;

    private static final String SUFFIX = ".flight";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final Pattern REST = Pattern.compile("\\d{8}T\\d{6}-\\d{6,}\\.flight");

    private final Path folder;
    private final String device;
    private final String prefix;
    private final Consumer<String> report;
    private int written;

    /**
     * No files yet.
     *
     * @param folder where they go; made if it isn't there.
     * @param device the device's name.
     * @param report told of each file, and of files that can't be written.
     */
    FlightRecordDumps(final Path folder, final String device, final Consumer<String> report) {
        this.folder = folder;
        this.device = device;
        this.report = report;
        prefix = device.replaceAll("[^A-Za-z0-9.]", "-") + "-";
    }

    /**
     * Writes a file. Blocks, so it is not for the conductor.
     *
     * @param reason why, in words.
     * @param record what to write.
     * @param when the time of day.
     */
    synchronized void write(final String reason, final FlightRecord record, final Instant when) {
        try {
            Files.createDirectories(folder);
            final Path file =
                    folder.resolve(
                            String.format(
                                    Locale.ROOT,
                                    "%s%s-%06d%s",
                                    prefix,
                                    TIME.format(when),
                                    written,
                                    SUFFIX));
            written++;
            try (BufferedWriter out = Files.newBufferedWriter(file)) {
                out.write("javf flight record 1\n");
                out.write("device " + device + "\n");
                out.write("time " + when + "\n");
                out.write("reason " + reason + "\n");
                out.write("records " + record.size() + "\n\n");
                for (final String line : record.lines()) {
                    out.write(line);
                    out.write('\n');
                }
            }
            deleteOldest();
            report.accept("what led to it is in " + file);
        } catch (final IOException | UncheckedIOException e) {
            report.accept("the flight record can't be written to " + folder + ": " + e);
        }
    }

    private void deleteOldest() throws IOException {
        final List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(this::isOurs).sorted().toList();
        }
        for (int i = 0; i < files.size() - KEPT; i++) {
            Files.deleteIfExists(files.get(i));
        }
    }

    private boolean isOurs(final Path file) {
        final String name = String.valueOf(file.getFileName());
        return name.startsWith(prefix) && REST.matcher(name.substring(prefix.length())).matches();
    }
}
