package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.javf.daemon.control.Request;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl stats}. */
@Command(
        name = "stats",
        description =
                "All counters that aren't 0. They never fall, whatever happens to a function;"
                        + " reading them disturbs nobody.")
final class StatsCommand implements Callable<Integer> {
    private static final double NS_PER_S = 1e9;

    @ParentCommand private @Nullable Javfctl javfctl;

    @Parameters(arity = "0..1", paramLabel = "FUNCTION", description = "all unless given")
    private @Nullable String function;

    @Option(names = "--rate", description = "per second, over --interval")
    private boolean isRate;

    @Option(names = "--all", description = "those that are 0, too")
    private boolean isAll;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "for --rate, 0.1 to 3600 (default: 1)")
    private double intervalS;

    @Override
    public Integer call() throws ControlClient.FailedException, InterruptedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        if (!(intervalS >= 0.1) || intervalS > 3600) {
            throw new ControlClient.FailedException(
                    "--interval " + intervalS + ": must be 0.1 to 3600 seconds");
        }
        JsonNode answer = program.ask(Javfctl.request("stats", function));
        if (isRate) {
            program.waiting().pause(intervalS);
            final JsonNode later = program.ask(Javfctl.request("stats", function));
            final double seconds =
                    (later.path("time_ns").asLong() - answer.path("time_ns").asLong()) / NS_PER_S;
            answer = rate(answer, later, seconds);
        }
        if (!program.printsJson(answer)) {
            program.print(table(answer, isRate, isAll));
        }
        return 0;
    }

    /** A row for each counter that isn't 0. */
    static Table table(final JsonNode answer) {
        return table(answer, false, false);
    }

    private static Table table(final JsonNode answer, final boolean isRate, final boolean isAll) {
        final Table table = new Table("FUNCTION", "COUNTER", isRate ? "PER-SECOND" : "VALUE");
        for (final JsonNode node : answer.path("functions")) {
            rows(table, node.path("name").asText(), "", node, isRate, isAll);
        }
        return table;
    }

    private static void rows(
            final Table table,
            final String name,
            final String prefix,
            final JsonNode node,
            final boolean isRate,
            final boolean isAll) {
        node.properties()
                .forEach(entry -> {
                    final String path = prefix + entry.getKey();
                    if (entry.getValue().isObject()) {
                        rows(table, name, path + ".", entry.getValue(), isRate, isAll);
                    } else if (entry.getValue().isNumber()
                            && (isAll || entry.getValue().doubleValue() != 0)) {
                        table.row(
                                name,
                                path,
                                isRate
                                        ? String.format(
                                                Locale.ROOT, "%.1f", entry.getValue().doubleValue())
                                        : entry.getValue().asText());
                    }
                });
    }

    /** What has come between two answers, by second. */
    static JsonNode rate(final JsonNode before, final JsonNode after, final double seconds) {
        if (after.isObject()) {
            final ObjectNode rates = Request.MAPPER.createObjectNode();
            after.properties()
                    .forEach(entry ->
                            rates.set(
                                    entry.getKey(),
                                    rate(before.path(entry.getKey()), entry.getValue(), seconds)));
            return rates;
        }
        if (after.isArray()) {
            final var rates = Request.MAPPER.createArrayNode();
            for (int i = 0; i < after.size(); i++) {
                rates.add(rate(before.path(i), after.get(i), seconds));
            }
            return rates;
        }
        return after.isNumber()
                ? Request.MAPPER
                        .getNodeFactory()
                        .numberNode((after.asLong() - before.asLong()) / seconds)
                : after;
    }
}
