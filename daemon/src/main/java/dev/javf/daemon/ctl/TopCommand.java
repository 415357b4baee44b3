package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.counters.CountersFile;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** {@code javfctl top}. */
@Command(
        name = "top",
        description =
                "What functions, ports and threads do, per second, again and again until"
                        + " interrupted. It reads the counters file and asks nobody: it works also"
                        + " while the daemon doesn't answer, and shows which thread is stuck.")
final class TopCommand implements Callable<Integer> {
    private static final String CLEAR = "\u001b[H\u001b[J";

    @ParentCommand private @Nullable Javfctl javfctl;

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "the counters file (default: beside the control socket)")
    private @Nullable Path file;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "between two screens, 0.1 to 3600 (default: 1)")
    private double intervalS;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            description = "screens; without it one if the output isn't a terminal")
    private @Nullable Integer count;

    @Override
    public Integer call() throws ControlClient.FailedException, InterruptedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        if (!(intervalS >= 0.1) || intervalS > 3600) {
            throw new ControlClient.FailedException(
                    "--interval " + intervalS + ": must be 0.1 to 3600 seconds");
        }
        if (count != null && count < 1) {
            throw new ControlClient.FailedException("--count " + count + ": must be at least 1");
        }
        final Path path = file == null ? CountersFile.besideSocket(program.socket()) : file;
        if (path == null) {
            throw new ControlClient.FailedException(
                    program.socket() + " is no file; say --file PATH (daemon.counters-file)");
        }
        try (CountersFile counters = CountersFile.open(path)) {
            show(program, counters);
        } catch (final UncheckedIOException | IllegalArgumentException e) {
            throw new ControlClient.FailedException(String.valueOf(e.getMessage()));
        }
        return 0;
    }

    private void show(final Javfctl program, final CountersFile counters)
            throws InterruptedException {
        final boolean isTerminal = program.isTerminal();
        final long screens = count != null ? count : isTerminal ? Long.MAX_VALUE : 1;
        final Waiting waiting = program.waiting();
        TopSample before = TopSample.of(counters, waiting.clock().nanoTime());
        for (long i = 0; i < screens; i++) {
            waiting.pause(intervalS);
            final TopSample now = TopSample.of(counters, waiting.clock().nanoTime());
            final TopScreen screen = new TopScreen(before, now);
            final ObjectNode json = screen.json();
            json.put("pid", counters.pid()).put("alive", counters.isAlive());
            if (!program.printsJson(json)) {
                final String head = head(counters, now.nowNs());
                program.print((isTerminal ? CLEAR : "") + screen.print(head, program.colour()));
            }
            before = now;
        }
    }

    private static String head(final CountersFile counters, final long nowNs) {
        final Duration up =
                Duration.ofSeconds(
                        TimeUnit.NANOSECONDS.toSeconds(Math.max(nowNs - counters.startedNs(), 0)));
        return "javfd "
                + counters.pid()
                + (counters.isAlive() ? ", up " : ", ended; started ")
                + String.format(
                        Locale.ROOT,
                        "%d:%02d:%02d",
                        up.toHours(),
                        up.toMinutesPart(),
                        up.toSecondsPart())
                + (counters.isAlive() ? "" : " ago")
                + (counters.unplaced() == 0
                        ? ""
                        : "; "
                                + counters.unplaced()
                                + " counters found no room: raise daemon.counters-capacity")
                + "\n";
    }
}
