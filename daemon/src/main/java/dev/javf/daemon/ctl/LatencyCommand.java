package dev.javf.daemon.ctl;

import dev.javf.daemon.plot.HistogramLogs;
import dev.javf.daemon.plot.PercentilePlot;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code javfctl latency}. */
@Command(
        name = "latency",
        description = "Pictures of latency.",
        synopsisSubcommandLabel = "COMMAND")
final class LatencyCommand {
    private static final int CURVES_MAX = 16;

    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(
            name = "plot",
            description =
                    "Draws the percentiles of logs that HdrHistogram has written (.hlog): those of"
                            + " javf's benchmarks, of jHiccup, of your own programs. The picture"
                            + " needs nothing from elsewhere.")
    int plot(
            @Parameters(
                            arity = "1..*",
                            paramLabel = "FILE",
                            description = "logs, at most 16 curves; each tag is a curve")
                    final List<Path> files,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FILE",
                            required = true,
                            description = "where to write: .svg or .html")
                    final Path output,
            @Option(
                            names = "--title",
                            paramLabel = "TEXT",
                            defaultValue = "Latency",
                            description = "of the picture (default: ${DEFAULT-VALUE})")
                    final String title)
            throws ControlClient.FailedException {
        final String name = output.toString();
        if (!name.endsWith(".svg") && !name.endsWith(".html")) {
            throw new ControlClient.FailedException(
                    "--output " + name + ": must end with .svg or .html");
        }
        try {
            final List<PercentilePlot.Panel> panels =
                    List.of(new PercentilePlot.Panel("", curves(files), 0));
            final String text;
            if (name.endsWith(".svg")) {
                text = PercentilePlot.svg(title, panels);
            } else {
                final HtmlPage page = new HtmlPage(title);
                page.picture(PercentilePlot.svg("", panels));
                text = page.end();
            }
            Files.writeString(output, text);
        } catch (final IOException e) {
            throw failed(e);
        }
        Objects.requireNonNull(javfctl).print(output + "\n");
        return 0;
    }

    /** A curve for each tag of each log. */
    static List<PercentilePlot.Curve> curves(final List<Path> files)
            throws IOException, ControlClient.FailedException {
        final List<PercentilePlot.Curve> curves = new ArrayList<>();
        for (final Path file : files) {
            for (final Map.Entry<String, Histogram> each : HistogramLogs.read(file).entrySet()) {
                curves.add(
                        new PercentilePlot.Curve(
                                each.getKey(),
                                PercentilePlot.Curve.colour(curves.size()),
                                each.getValue()));
            }
        }
        if (curves.size() > CURVES_MAX) {
            throw new ControlClient.FailedException(
                    curves.size() + " curves: at most 16 can be told apart; give fewer logs");
        }
        return curves;
    }

    /** What went wrong with a file, for people. */
    static ControlClient.FailedException failed(final IOException error) {
        return new ControlClient.FailedException(
                error.getClass() == IOException.class
                        ? String.valueOf(error.getMessage())
                        : error.getMessage() + ": " + error.getClass().getSimpleName());
    }
}
