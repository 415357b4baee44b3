package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;

/** {@code javfctl port}. */
@Command(name = "port", description = "Ports.", synopsisSubcommandLabel = "COMMAND")
final class PortCommand {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(name = "list", description = "All ports, with what they have carried.")
    int list() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("port list"));
        if (!program.printsJson(answer)) {
            final Table table = table(answer);
            if (table.isEmpty()) {
                program.print("no ports: the configuration has none\n");
            } else {
                program.print(table);
            }
        }
        return 0;
    }

    /** A row for each port. */
    static Table table(final JsonNode answer) {
        final Table table =
                new Table(
                        "PORT",
                        "KIND",
                        "FUNCTION",
                        "VLAN",
                        "MAC",
                        "STATE",
                        "RX-PACKETS",
                        "TX-PACKETS",
                        "REMARK");
        for (final JsonNode port : answer.path("ports")) {
            table.row(
                    port.path("name").asText(),
                    port.path("kind").asText(),
                    port.path("function").asText(),
                    port.path("vlan").asLong(),
                    port.path("mac").asText(),
                    port.path("state").asText(),
                    port.path("counters").path("rx_packets").asLong(),
                    port.path("counters").path("tx_packets").asLong(),
                    port.path("failure").asText());
        }
        return table;
    }

    @Command(name = "show", description = "Everything about a port.")
    int show(
            @Parameters(paramLabel = "PORT", description = "its name in the configuration")
                    final String port)
            throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("port show").put("port", port));
        if (program.printsJson(answer)) {
            return 0;
        }
        final Table table = new Table("WHAT", "VALUE");
        rows(table, "", answer);
        program.print(table);
        return 0;
    }

    private static void rows(final Table table, final String prefix, final JsonNode node) {
        node.properties()
                .forEach(field -> {
                    if (field.getValue().isObject()) {
                        rows(table, prefix + field.getKey() + " ", field.getValue());
                    } else {
                        table.row(prefix + field.getKey(), field.getValue().asText());
                    }
                });
    }

    @Command(
            name = "capture",
            description =
                    "Writes copies of the packets that pass a port to a pcap file, with their VLAN"
                            + " tags, in both directions, from now on. What comes faster than it"
                            + " can be written is left out and counted; the port isn't slowed"
                            + " down.")
    int capture(
            @Parameters(paramLabel = "PORT", description = "its name in the configuration")
                    final String port,
            @Option(
                            names = {"-w", "--write"},
                            paramLabel = "FILE",
                            defaultValue = "-",
                            description = "the file; - is the standard output (default)")
                    final String file,
            @Option(
                            names = {"-c", "--count"},
                            paramLabel = "N",
                            defaultValue = "9223372036854775807",
                            description = "ends after so many packets")
                    final long count)
            throws ControlClient.FailedException {
        return new CaptureCommand(Objects.requireNonNull(javfctl), port).run(file, count);
    }
}
