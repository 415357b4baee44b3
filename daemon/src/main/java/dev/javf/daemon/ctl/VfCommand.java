package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Locale;
import java.util.Objects;

/** {@code javfctl vf}. */
@Command(name = "vf", description = "Virtual functions.", synopsisSubcommandLabel = "COMMAND")
final class VfCommand {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(name = "show", description = "Everything about a function, or about all.")
    int show(
            @Parameters(
                            arity = "0..1",
                            paramLabel = "FUNCTION",
                            description = "its name in the configuration; all unless given")
                    final @Nullable String function)
            throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(Javfctl.request("vf show", function));
        if (program.printsJson(answer)) {
            return 0;
        }
        final Colour colour = program.colour();
        for (final JsonNode node : answer.path("functions")) {
            program.print(
                    colour.title(node.path("name").asText())
                            + "  "
                            + node.path("device").asText()
                            + "  "
                            + colour.state(node.path("state").asText())
                            + "\n");
            node.properties()
                    .forEach(entry -> {
                        if (entry.getValue().isValueNode() && !entry.getKey().equals("name")) {
                            program.print(
                                    String.format(
                                            Locale.ROOT,
                                            "  %-20s %s%n",
                                            entry.getKey().replace('_', ' '),
                                            entry.getValue().asText()));
                        }
                    });
            int queue = 0;
            for (final JsonNode pair : node.path("queues")) {
                program.print(
                        String.format(
                                Locale.ROOT,
                                "  queue %d             poller %d%n    rx %s%n    tx %s%n",
                                queue++,
                                pair.path("poller").asInt(),
                                pair.path("rx").asText(),
                                pair.path("tx").asText()));
            }
            node.path("resets_by_cause")
                    .properties()
                    .forEach(entry -> {
                        if (entry.getValue().asLong() != 0) {
                            program.print(
                                    "  reset, "
                                            + entry.getKey().replace('_', ' ')
                                            + ": "
                                            + entry.getValue().asText()
                                            + "\n");
                        }
                    });
            for (final JsonNode difference : node.path("difference_texts")) {
                program.print("  differs: " + difference.asText() + "\n");
            }
        }
        return 0;
    }
}
