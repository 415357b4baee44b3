package dev.javf.bench;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Histograms as HdrHistogram's log (.hlog). */
public final class HistogramLog {
    private HistogramLog() {}

    /**
     * Writes a log.
     *
     * @param histograms of times in nanoseconds, with their tags.
     * @param file made anew, with its folder.
     * @throws IOException when it can't be written.
     */
    public static void write(final List<Histogram> histograms, final Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (PrintStream out = new PrintStream(file.toFile(), StandardCharsets.UTF_8)) {
            final HistogramLogWriter log = new HistogramLogWriter(out);
            log.outputLogFormatVersion();
            log.outputComment("[times in nanoseconds]");
            log.outputLegend();
            histograms.forEach(log::outputIntervalHistogram);
        }
    }
}
