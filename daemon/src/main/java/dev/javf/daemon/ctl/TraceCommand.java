package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;

/** {@code javfctl trace}. */
@Command(
        name = "trace",
        description = "What happened last to a function.",
        synopsisSubcommandLabel = "COMMAND")
final class TraceCommand {
    private static final String MESSAGE = " MSG ";
    private static final double PAUSE_S = 0.2;

    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(
            name = "virtchnl",
            description =
                    "The last messages between a function and its PF, oldest first: number, seconds"
                            + " before the last one, message.")
    int virtchnl(
            @Parameters(paramLabel = "FUNCTION", description = "its name in the configuration")
                    final String function,
            @Option(
                            names = {"-n", "--lines"},
                            paramLabel = "N",
                            defaultValue = "500",
                            description = "records to look at, 1 to 500 (default: 500)")
                    final int lines,
            @Option(names = "--all", description = "register events, transitions and notes, too")
                    final boolean isAll,
            @Option(
                            names = {"-f", "--follow"},
                            description = "go on with what happens, until interrupted")
                    final boolean isFollowing)
            throws ControlClient.FailedException, InterruptedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        long last = -1;
        try (ControlClient client = program.connect()) {
            do {
                final ObjectNode request = Javfctl.request("trace", function);
                request.put("after", last);
                request.put("limit", lines);
                final JsonNode answer = client.ask(request);
                last = answer.path("last").asLong();
                if (!program.printsJson(answer)) {
                    for (final JsonNode line : answer.path("records")) {
                        if (isAll || line.asText().contains(MESSAGE)) {
                            program.print(line.asText() + "\n");
                        }
                    }
                }
                if (isFollowing) {
                    program.waiting().pause(PAUSE_S);
                }
            } while (isFollowing);
        }
        return 0;
    }
}
