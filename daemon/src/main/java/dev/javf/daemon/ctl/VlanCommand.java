package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;

/** {@code javfctl vlan}. */
@Command(name = "vlan", description = "VLANs of functions.", synopsisSubcommandLabel = "COMMAND")
final class VlanCommand {
    private static final String FUNCTION = "its name in the configuration";
    private static final String RANGES = "VLANs and ranges, such as 100-107,200";

    @ParentCommand private @Nullable Javfctl javfctl;

    @Command(
            name = "add",
            description =
                    "Wants VLANs, beside those of the configuration, until the daemon ends. Waits"
                            + " for the PF's answer for each of them.",
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {
                "0:the PF holds all of them",
                "1:some were refused; says which and why"
            })
    int add(
            @Parameters(paramLabel = "FUNCTION", description = FUNCTION) final String function,
            @Parameters(paramLabel = "VLANS", description = RANGES) final String vlans,
            @Option(names = "--no-wait", description = "don't wait for the PF")
                    final boolean noWait)
            throws ControlClient.FailedException {
        return change("vlan add", function, vlans, noWait);
    }

    @Command(
            name = "del",
            description = "Wants VLANs that were added no longer. Waits for the PF's answers.")
    int del(
            @Parameters(paramLabel = "FUNCTION", description = FUNCTION) final String function,
            @Parameters(paramLabel = "VLANS", description = RANGES) final String vlans,
            @Option(names = "--no-wait", description = "don't wait for the PF")
                    final boolean noWait)
            throws ControlClient.FailedException {
        return change("vlan del", function, vlans, noWait);
    }

    private int change(
            final String command, final String function, final String vlans, final boolean noWait)
            throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final ObjectNode request = Javfctl.request(command, function);
        request.put("vlans", vlans);
        request.put("wait", !noWait);
        final JsonNode answer = program.ask(request);
        final JsonNode rejected = answer.path("rejected");
        if (!program.printsJson(answer)) {
            for (final JsonNode rejection : rejected) {
                System.err.println(
                        "javfctl: VLANs "
                                + rejection.path("vlans").asText()
                                + ": "
                                + rejection.path("remedy").asText());
            }
        }
        return rejected.isEmpty() ? 0 : 1;
    }

    @Command(
            name = "show",
            description =
                    "VLANs by state: wanted; acknowledged by the PF; seen, that is a frame of it"
                        + " has come. Without FUNCTION a line for each function, with it a line for"
                        + " each VLAN.")
    int show(
            @Parameters(arity = "0..1", paramLabel = "FUNCTION", description = FUNCTION)
                    final @Nullable String function)
            throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(Javfctl.request("vlan show", function));
        if (program.printsJson(answer)) {
            return 0;
        }
        if (function != null) {
            program.print(each(answer.path("functions").path(0)));
        } else {
            program.print(table(answer));
        }
        return 0;
    }

    /** A row for each function. */
    static Table table(final JsonNode answer) {
        final Table table =
                new Table("FUNCTION", "PORT-VLAN", "LIMIT", "WANTED", "ACKNOWLEDGED", "SEEN");
        for (final JsonNode node : answer.path("functions")) {
            table.row(
                    node.path("name").asText(),
                    node.path("port_vlan").asText(),
                    node.path("limit").asLong(),
                    node.path("wanted").asText(),
                    node.path("acknowledged").asText(),
                    node.path("seen").asText());
        }
        return table;
    }

    private static Table each(final JsonNode node) {
        final VlanSet wanted = set(node, "wanted");
        final VlanSet acknowledged = set(node, "acknowledged");
        final VlanSet seen = set(node, "seen");
        final VlanSet added = set(node, "added");
        final Table table =
                new Table("VLAN", "WANTED-BY", "WANTED", "ACKNOWLEDGED", "SEEN", "REMARK");
        wanted.plus(acknowledged).stream()
                .forEach(vlan ->
                        table.row(
                                vlan,
                                !wanted.contains(vlan)
                                        ? "-"
                                        : added.contains(vlan) ? "client" : "configuration",
                                mark(wanted.contains(vlan)),
                                mark(acknowledged.contains(vlan)),
                                mark(seen.contains(vlan)),
                                remark(node, vlan)));
        return table;
    }

    private static String mark(final boolean isSet) {
        return isSet ? "yes" : "no";
    }

    private static String remark(final JsonNode node, final int vlan) {
        for (final JsonNode rejection : node.path("rejected")) {
            if (set(rejection, "vlans").contains(vlan)) {
                return rejection.path("remedy").asText();
            }
        }
        return "";
    }

    private static VlanSet set(final JsonNode node, final String name) {
        final String text = node.path(name).asText("none");
        return text.equals("none") ? VlanSet.EMPTY : VlanSet.parse(text);
    }
}
