package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl status}. */
@Command(name = "status", description = "The daemon at a glance.")
final class StatusCommand implements Callable<Integer> {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Override
    public Integer call() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("status"));
        if (program.printsJson(answer)) {
            return 0;
        }
        final Colour colour = program.colour();
        program.print(
                "javfd "
                        + answer.path("version").asText()
                        + ", process "
                        + answer.path("pid").asText()
                        + ", up "
                        + uptime(answer.path("uptime_seconds").asLong())
                        + ", "
                        + colour.state(answer.path("health").asText())
                        + ", "
                        + colour.state(answer.path("ready").asBoolean() ? "ready" : "not ready")
                        + "\n\n");
        program.print(functions(answer));
        return 0;
    }

    /** A row for each function. */
    static Table functions(final JsonNode answer) {
        final Table table =
                new Table(
                        "FUNCTION",
                        "DEVICE",
                        "STATE",
                        "LINK",
                        "MAC",
                        "VLANS",
                        "PORTS",
                        "RESETS",
                        "DIFFERENCES");
        for (final JsonNode function : answer.path("functions")) {
            final long speed = function.path("speed_mbps").asLong();
            table.row(
                    function.path("name").asText(),
                    function.path("device").asText(),
                    function.path("state").asText(),
                    function.path("link").asBoolean()
                            ? (speed == 0 ? "up" : speed + " Mb/s")
                            : "down",
                    function.path("mac").asText(),
                    of(function, "vlans_acknowledged", "vlans_wanted"),
                    of(function, "ports_open", "ports"),
                    function.path("resets").asLong(),
                    function.path("differences").asLong());
        }
        return table;
    }

    private static String of(final JsonNode node, final String some, final String all) {
        return node.path(some).asLong() + "/" + node.path(all).asLong();
    }

    static String uptime(final long seconds) {
        final long days = seconds / 86_400;
        return (days > 0 ? days + " d " : "")
                + String.format(
                        Locale.ROOT,
                        "%02d:%02d:%02d",
                        seconds / 3600 % 24,
                        seconds / 60 % 60,
                        seconds % 60);
    }
}
