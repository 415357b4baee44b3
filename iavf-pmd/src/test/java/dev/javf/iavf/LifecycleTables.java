package dev.javf.iavf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints {@link Lifecycle#transitions} as a table and as a diagram. */
final class LifecycleTables {
    /** From so many states an event is drawn as one arrow. */
    private static final int MANY = 5;

    private LifecycleTables() {}

    /** For Markdown. */
    static String table() {
        final StringBuilder text = new StringBuilder();
        text.append("| state | event | state then |\n");
        text.append("|---|---|---|\n");
        for (final Lifecycle.Transition row : Lifecycle.transitions()) {
            text.append("| ")
                    .append(row.from())
                    .append(" | ")
                    .append(row.event())
                    .append(" | ")
                    .append(row.to())
                    .append(" |\n");
        }
        return text.toString();
    }

    /** For Graphviz: {@code dot -Tsvg}. What happens alike in many states is drawn once. */
    static String diagram() {
        final StringBuilder text = new StringBuilder();
        text.append("digraph Lifecycle {\n");
        text.append("  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        text.append("  edge [fontname=\"sans-serif\", fontsize=10];\n");
        for (final LifecycleState state : LifecycleState.values()) {
            text.append("  ").append(state).append(";\n");
        }
        final Map<String, List<LifecycleState>> sources = new LinkedHashMap<>();
        for (final Lifecycle.Transition row : Lifecycle.transitions()) {
            sources.computeIfAbsent(row.event() + " " + row.to(), key -> new ArrayList<>())
                    .add(row.from());
        }
        sources.forEach((key, from) -> {
            final String event = key.substring(0, key.indexOf(' '));
            final String to = key.substring(key.indexOf(' ') + 1);
            if (from.size() >= MANY) {
                final String any = "any_" + event;
                text.append("  ")
                        .append(any)
                        .append(" [label=\"any but ")
                        .append(others(from))
                        .append("\", shape=plaintext];\n");
                arrow(text, any, to, event);
            } else {
                from.forEach(state -> arrow(text, state.name(), to, event));
            }
        });
        return text.append("}\n").toString();
    }

    private static void arrow(
            final StringBuilder text, final String from, final String to, final String event) {
        text.append("  ")
                .append(from)
                .append(" -> ")
                .append(to)
                .append(" [label=\"")
                .append(event)
                .append("\"];\n");
    }

    private static String others(final List<LifecycleState> states) {
        final List<String> others = new ArrayList<>();
        for (final LifecycleState state : LifecycleState.values()) {
            if (!states.contains(state)) {
                others.add(state.name());
            }
        }
        return String.join(",\\n", others);
    }
}
