package dev.javf.daemon.ctl;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl report}. */
@Command(
        name = "report",
        description =
                "Writes one page with all that somebody who helps has to know: health, functions,"
                    + " VLANs, ports, counters, what doctor finds, the configuration, the last"
                    + " records of each function and how fast its PF answered. It is written also"
                    + " when javfd doesn't answer, and says so. It has addresses and the whole"
                    + " configuration in it: read it before you pass it on.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:written", "1:it can't be written"})
final class ReportCommand implements Callable<Integer> {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            required = true,
            description = "where to write; needs nothing else to be looked at")
    private Path output = Path.of("");

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description =
                    "the configuration (default: the running daemon's, or /etc/javf/javf.conf)")
    private @Nullable Path file;

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "has doctor look at a copy of a machine's files instead (default: /)")
    private Path root = Path.of("/");

    @Parameters(
            arity = "0..*",
            paramLabel = "HLOG",
            description = "logs of HdrHistogram, drawn into the page")
    private List<Path> logs = List.of();

    @Override
    public Integer call() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        try {
            final String page = new HtmlReport(program, file, root).write(logs);
            Files.writeString(output, page);
            program.print(output + ": " + page.length() / 1024 + " KiB\n");
        } catch (final IOException e) {
            throw LatencyCommand.failed(e);
        }
        return 0;
    }
}
