package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanFilterMachine.Action;
import dev.javf.virtchnl.VlanFilterMachine.Desired;
import dev.javf.virtchnl.VlanFilterMachine.Event;
import dev.javf.virtchnl.VlanFilterMachine.Row;
import dev.javf.virtchnl.VlanFilterMachine.State;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints {@link VlanFilterMachine#ROWS} as a table and as a diagram. */
final class VlanFilterTables {
    private VlanFilterTables() {}

    /** For Markdown. */
    static String table() {
        final StringBuilder text = new StringBuilder();
        text.append("| desired | PF holds | event | PF holds then | action | |\n");
        text.append("|---|---|---|---|---|---|\n");
        for (final Row row : VlanFilterMachine.ROWS) {
            text.append("| ")
                    .append(desired(row.desired()))
                    .append(" | ")
                    .append(row.from())
                    .append(" | ")
                    .append(row.event())
                    .append(" | ")
                    .append(row.to())
                    .append(" | ")
                    .append(row.action() == Action.NONE ? "" : row.action())
                    .append(" | ")
                    .append(row.name())
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String desired(final Desired desired) {
        return switch (desired) {
            case YES -> "yes";
            case NO -> "no";
            case EITHER -> "";
        };
    }

    /**
     * For Graphviz: {@code dot -Tsvg}. What happens alike in all states is drawn once; arrows that
     * lead back to where they begin are left out.
     */
    static String diagram() {
        final StringBuilder text = new StringBuilder();
        text.append("digraph VlanFilter {\n");
        text.append("  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        text.append("  edge [fontname=\"sans-serif\", fontsize=10];\n");
        for (final State state : State.values()) {
            text.append("  ").append(state);
            if (state.isInFlight()) {
                text.append(" [style=\"rounded,dashed\"]");
            }
            text.append(";\n");
        }
        final List<Event> everywhere = new ArrayList<>();
        for (final Event event : Event.values()) {
            final List<State> targets =
                    VlanFilterMachine.ROWS.stream()
                            .filter(row -> row.event() == event && row.from() != row.to())
                            .map(Row::to)
                            .distinct()
                            .toList();
            final long sources =
                    VlanFilterMachine.ROWS.stream()
                            .filter(row -> row.event() == event)
                            .map(Row::from)
                            .distinct()
                            .count();
            if (targets.size() == 1 && sources == State.values().length) {
                everywhere.add(event);
                final List<String> exceptions =
                        VlanFilterMachine.ROWS.stream()
                                .filter(row -> row.event() == event && row.from() == row.to())
                                .filter(row -> row.to() != targets.getFirst())
                                .map(row -> row.from().toString())
                                .toList();
                text.append("  any_")
                        .append(event)
                        .append(" [label=\"any")
                        .append(exceptions.isEmpty() ? "" : " but " + String.join(", ", exceptions))
                        .append("\", shape=plaintext];\n")
                        .append("  any_")
                        .append(event)
                        .append(" -> ")
                        .append(targets.getFirst())
                        .append(" [label=\"")
                        .append(event)
                        .append("\"];\n");
            }
        }
        final Map<String, List<String>> labels = new LinkedHashMap<>();
        for (final Row row : VlanFilterMachine.ROWS) {
            if (row.from() != row.to() && !everywhere.contains(row.event())) {
                labels.computeIfAbsent(row.from() + " -> " + row.to(), key -> new ArrayList<>())
                        .add(label(row));
            }
        }
        labels.forEach((arrow, lines) ->
                text.append("  ")
                        .append(arrow)
                        .append(" [label=\"")
                        .append(String.join("\\n", lines))
                        .append("\"];\n"));
        return text.append("}\n").toString();
    }

    private static String label(final Row row) {
        final String who =
                switch (row.desired()) {
                    case YES -> "desired: ";
                    case NO -> "undesired: ";
                    case EITHER -> "";
                };
        final String action = row.action() == Action.NONE ? "" : " / " + row.action();
        return who + row.event() + action;
    }
}
