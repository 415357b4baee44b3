package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;
import java.util.StringJoiner;

/** {@code javfctl poller}. */
@Command(
        name = "poller",
        description = "The threads that move packets.",
        synopsisSubcommandLabel = "COMMAND")
final class PollerCommand {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(name = "list", description = "All pollers, with their queues and ports.")
    int list() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("poller list"));
        if (program.printsJson(answer)) {
            return 0;
        }
        final Table table =
                new Table("POLLER", "WAITING", "BEATS", "LONGEST-US", "QUEUES", "PORTS");
        for (final JsonNode poller : answer.path("pollers")) {
            final StringJoiner queues = new StringJoiner(" ");
            for (final JsonNode queue : poller.path("queues")) {
                queues.add(queue.path("function").asText() + "/" + queue.path("queue").asInt());
            }
            final StringJoiner ports = new StringJoiner(" ");
            poller.path("ports").forEach(port -> ports.add(port.asText()));
            table.row(
                    poller.path("poller").asInt(),
                    poller.path("waiting").asText(),
                    poller.path("beats").asLong(),
                    poller.path("max_cycle_us").asLong(),
                    queues.toString(),
                    ports.toString());
        }
        program.print(table);
        return 0;
    }

    @Command(
            name = "move",
            description =
                    "Has another poller poll a queue pair, until the daemon ends. No packet is"
                            + " lost.")
    int move(
            @Parameters(paramLabel = "FUNCTION", description = "its name in the configuration")
                    final String function,
            @Parameters(paramLabel = "QUEUE", description = "number of the queue pair")
                    final int queue,
            @Parameters(paramLabel = "POLLER", description = "number of the poller")
                    final int poller)
            throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final ObjectNode request = ControlClient.request("poller move");
        request.put("function", function).put("queue", queue).put("poller", poller);
        final JsonNode answer = program.ask(request);
        if (!program.printsJson(answer)) {
            program.print("poller " + poller + " polls queue " + queue + " of " + function + "\n");
        }
        return 0;
    }
}
