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
                        final JsonNode value = entry.getValue();
                        if (value.isValueNode() && !entry.getKey().equals("name")) {
                            program.print(line(entry.getKey().replace('_', ' '), text(value)));
                        }
                    });
            int queue = 0;
            for (final JsonNode pair : node.path("queues")) {
                program.print(line("queue " + queue++, "poller " + pair.path("poller").asInt()));
                program.print("    rx " + pair.path("rx").asText() + "\n");
                program.print("    tx " + pair.path("tx").asText() + "\n");
            }
            node.path("resets_by_cause")
                    .properties()
                    .forEach(entry -> {
                        if (entry.getValue().asLong() != 0) {
                            program.print(
                                    line(
                                            "resets by cause",
                                            entry.getKey().replace('_', ' ')
                                                    + ": "
                                                    + entry.getValue().asText()));
                        }
                    });
            for (final JsonNode difference : node.path("difference_texts")) {
                program.print(line("differs", difference.asText()));
            }
        }
        return 0;
    }

    private static String line(final String what, final String value) {
        return String.format(Locale.ROOT, "  %-19s %s%n", what, value);
    }

    private static String text(final JsonNode value) {
        if (value.isBoolean()) {
            return value.asBoolean() ? "yes" : "no";
        }
        return value.asText().isEmpty() ? "none" : value.asText();
    }
}
