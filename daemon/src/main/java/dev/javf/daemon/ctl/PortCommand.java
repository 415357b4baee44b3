package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
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
            program.print(table(answer));
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
}
