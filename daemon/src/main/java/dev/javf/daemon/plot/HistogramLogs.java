package dev.javf.daemon.plot;

import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads HdrHistogram's logs ({@code .hlog}), jHiccup's among them. */
public final class HistogramLogs {
    private static final String ENDING = ".hlog";

    private HistogramLogs() {}

    /**
     * All intervals of a log, added up: a histogram for each tag.
     *
     * @param file the log.
     * @return by label, which is the file's name and the tag, if there is one; in the order of the
     *     file; at least one.
     * @throws IOException if there is no such file, or it isn't a log with a histogram; the message
     *     names it.
     */
    public static Map<String, Histogram> read(final Path file) throws IOException {
        final Map<String, Histogram> sums = new LinkedHashMap<>();
        final String name = String.valueOf(file.getFileName()).replaceFirst("\\.hlog$", "");
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file))) {
            final HistogramLogReader reader = new HistogramLogReader(stream);
            while (reader.hasNext()) {
                final EncodableHistogram next = reader.nextIntervalHistogram();
                if (next instanceof final Histogram histogram) {
                    final String tag = histogram.getTag();
                    add(sums, tag == null ? name : name + " " + tag, histogram);
                } else if (next != null) {
                    throw new IOException(file + ": holds histograms of fractions, not of times");
                }
            }
        } catch (final RuntimeException e) {
            throw new IOException(file + ": no log of HdrHistogram (" + ENDING + "): " + e, e);
        }
        if (sums.isEmpty()) {
            throw new IOException(
                    file + ": no histogram in it; is it a log of HdrHistogram (" + ENDING + ")?");
        }
        return sums;
    }

    private static void add(
            final Map<String, Histogram> sums, final String label, final Histogram histogram) {
        final Histogram sum = sums.get(label);
        if (sum == null) {
            final Histogram first = histogram.copy();
            first.setAutoResize(true);
            sums.put(label, first);
        } else {
            sum.add(histogram);
        }
    }
}
