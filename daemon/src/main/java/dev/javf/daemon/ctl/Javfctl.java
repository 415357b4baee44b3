package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.config.ControlSection;
import dev.javf.daemon.config.NearestWord;
import dev.javf.daemon.control.Request;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The program {@code javfctl}. Exit status: 0 done, 1 not done (or degraded, for {@code health}), 2
 * for what can't be understood (or failed, for {@code health}).
 */
@Command(
        name = "javfctl",
        mixinStandardHelpOptions = true,
        version = "javfctl 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        description = "Talks to javfd.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:not done; the standard error says why",
            "2:the command line is wrong"
        },
        subcommands = {
            StatusCommand.class,
            HealthCommand.class,
            WaitReadyCommand.class,
            VfCommand.class,
            VlanCommand.class,
            PortCommand.class,
            PollerCommand.class,
            StatsCommand.class,
            TopCommand.class,
            TraceCommand.class,
            ReloadCommand.class,
            DrainCommand.class,
            DoctorCommand.class,
            LatencyCommand.class,
            ReportCommand.class
        })
public final class Javfctl {
    private static final double MAX_TIMEOUT_S = 86_400;

    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            scope = ScopeType.INHERIT,
            defaultValue = "${env:JAVF_SOCKET:-" + ControlSection.SOCKET_DEFAULT + "}",
            description = "the control socket (default: $JAVF_SOCKET, or /run/javf/control.sock)")
    private String socket = "";

    @Option(
            names = {"-j", "--json"},
            scope = ScopeType.INHERIT,
            description = "print javfd's answer, a line of JSON")
    private boolean isJson;

    @Option(
            names = {"-t", "--timeout"},
            paramLabel = "SECONDS",
            scope = ScopeType.INHERIT,
            defaultValue = "30",
            description = "how long an answer may take (default: 30)")
    private double timeoutS;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            scope = ScopeType.INHERIT,
            defaultValue = "auto",
            description = "auto (on a terminal only, and without NO_COLOR), always or never")
    private String when = "";

    private final PrintWriter out;
    private final Waiting waiting;

    /**
     * A program.
     *
     * @param out where answers go.
     * @param waiting how commands wait.
     */
    Javfctl(final PrintWriter out, final Waiting waiting) {
        this.out = out;
        this.waiting = waiting;
    }

    /**
     * Runs the program.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(
                commandLine(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                        .execute(args));
    }

    /** The program's command line. */
    static CommandLine commandLine(final PrintWriter out) {
        return commandLine(out, Waiting.ofWallClock());
    }

    /** The same for one that waits in another way. */
    static CommandLine commandLine(final PrintWriter out, final Waiting waiting) {
        return new CommandLine(new Javfctl(out, waiting))
                .setOut(out)
                .setParameterExceptionHandler(Javfctl::refuse)
                .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                    out.flush();
                    commandLine.getErr().println("javfctl: " + error.getMessage());
                    return error instanceof CommandLine.ParameterException ? 2 : 1;
                });
    }

    /**
     * Says what is wrong in a command line: for a command that there isn't, those that there are.
     */
    private static int refuse(
            final CommandLine.ParameterException error, final String[] arguments) {
        final CommandLine command = error.getCommandLine();
        final Set<String> names = command.getSubcommands().keySet();
        final String first =
                error instanceof final CommandLine.UnmatchedArgumentException unmatched
                        ? unmatched.getUnmatched().getFirst()
                        : "-";
        if (names.isEmpty() || first.startsWith("-")) {
            command.getErr().println(error.getMessage());
            command.usage(command.getErr());
        } else {
            command.getErr()
                    .println(
                            command.getCommandSpec().qualifiedName()
                                    + ": no command '"
                                    + first
                                    + "'"
                                    + NearestWord.hint(first, names)
                                    + "; there are: "
                                    + String.join(", ", names));
        }
        return 2;
    }

    /** Connects to the daemon. */
    ControlClient connect() throws ControlClient.FailedException {
        if (!(timeoutS > 0) || timeoutS > MAX_TIMEOUT_S) {
            throw new ControlClient.FailedException(
                    "--timeout " + timeoutS + ": must be more than 0 and at most 86400 seconds");
        }
        return new ControlClient(socket, (long) (timeoutS * TimeUnit.SECONDS.toNanos(1)));
    }

    /** How long everything may take, in nanoseconds. */
    long timeoutNs() {
        return (long) (timeoutS * TimeUnit.SECONDS.toNanos(1));
    }

    /** Asks once, on a connection of its own. */
    JsonNode ask(final ObjectNode request) throws ControlClient.FailedException {
        try (ControlClient client = connect()) {
            return client.ask(request);
        }
    }

    /** Prints an answer as it is, if that is wanted. */
    boolean printsJson(final JsonNode answer) {
        if (isJson) {
            try {
                print(Request.MAPPER.writeValueAsString(answer) + "\n");
            } catch (final IOException e) {
                throw new IllegalStateException("a tree of values can be written", e);
            }
        }
        return isJson;
    }

    void print(final String text) {
        out.print(text);
        out.flush();
    }

    void print(final Table table) {
        print(table.print(colour()));
    }

    /** How commands wait. */
    Waiting waiting() {
        return waiting;
    }

    /** The control socket's address. */
    String socket() {
        return socket;
    }

    boolean isTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    Colour colour() {
        return new Colour(
                when.equals("always")
                        || (when.equals("auto")
                                && isTerminal()
                                && System.getenv("NO_COLOR") == null));
    }

    /** A request about one function, or all. */
    static ObjectNode request(final String command, final @Nullable String function) {
        final ObjectNode request = ControlClient.request(command);
        if (function != null) {
            request.put("function", function);
        }
        return request;
    }
}
