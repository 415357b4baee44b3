package dev.javf.daemon.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.DoubleHistogram;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code javfctl latency plot}. */
class LatencyCommandTest {
    @TempDir private Path folder;

    private String log(final String name, final EncodableHistogram... histograms)
            throws IOException {
        final Path file = folder.resolve(name);
        try (PrintStream out = new PrintStream(file.toFile(), StandardCharsets.UTF_8)) {
            final HistogramLogWriter writer = new HistogramLogWriter(out);
            writer.outputComment("[of a test]");
            writer.outputLogFormatVersion();
            writer.outputLegend();
            for (final EncodableHistogram histogram : histograms) {
                writer.outputIntervalHistogram(histogram);
            }
        }
        return file.toString();
    }

    private static Histogram histogram(final String tag, final long first, final int count) {
        final Histogram histogram = new Histogram(3);
        if (!tag.isEmpty()) {
            histogram.setTag(tag);
        }
        for (int i = 0; i < count; i++) {
            histogram.recordValue(first + i);
        }
        return histogram;
    }

    private CtlRun plot(final String output, final String... logs) {
        final List<String> arguments = new ArrayList<>(List.of("latency", "plot"));
        arguments.addAll(List.of(logs));
        arguments.addAll(List.of("-o", folder.resolve(output).toString()));
        return CtlRun.of(arguments);
    }

    @Test
    void shouldAddUpIntervalsAndKeepTagsApart() throws IOException {
        final String first = log("a.hlog", histogram("", 100, 10), histogram("", 90_000_000, 32));
        final String second = log("b.hlog", histogram("x", 5, 7), histogram("y", 5, 8));
        assertThat(plot("out.svg", first, second).status()).isZero();
        assertThat(Files.readString(folder.resolve("out.svg")))
                .startsWith("<svg ")
                .contains(">a<", ">42<", ">b x<", ">7<", ">b y<", ">8<");
    }

    @Test
    void shouldWriteAPage() throws IOException {
        final String log = log("a.hlog", histogram("", 100, 10));
        final CtlRun run = plot("out.html", log, "--title", "Mine & yours");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(Files.readString(folder.resolve("out.html")))
                .startsWith("<!DOCTYPE html>")
                .contains("default-src 'none'", "<h1>Mine &amp; yours</h1>", "<svg ", "</svg>")
                .doesNotContain("<script", "<link", "src=\"");
    }

    @Test
    void shouldSayWhatIsWrongWithALog() throws IOException {
        assertThat(plot("out.svg", "/nowhere/a.hlog").err())
                .isEqualTo("javfctl: /nowhere/a.hlog: NoSuchFileException\n");
        assertThat(plot("out.svg", log("none.hlog")).err())
                .contains("none.hlog: no histogram in it; is it a log of HdrHistogram (.hlog)?");
        Files.writeString(folder.resolve("text.hlog"), "What is this?\nNo histogram.\n");
        assertThat(plot("out.svg", folder.resolve("text.hlog").toString()).err())
                .contains("text.hlog: no ");
        final DoubleHistogram fractions = new DoubleHistogram(3);
        fractions.recordValue(0.5);
        assertThat(plot("out.svg", log("fractions.hlog", fractions)).err())
                .contains("fractions.hlog: holds histograms of fractions, not of times");
        assertThat(folder.resolve("out.svg")).doesNotExist();
    }

    @Test
    void shouldSayWhatIsWrongWithTheOutput() throws IOException {
        final String log = log("a.hlog", histogram("", 100, 10));
        assertThat(plot("out.png", log).err()).contains("out.png: must end with .svg or .html");
        assertThat(plot("no/where/out.svg", log).status()).isEqualTo(1);
        final String[] many = new String[17];
        for (int i = 0; i < many.length; i++) {
            many[i] = log("many" + i + ".hlog", histogram("", 100, 10));
        }
        assertThat(plot("out.svg", many).err())
                .contains("17 curves: at most 16 can be told apart; give fewer logs");
    }
}
