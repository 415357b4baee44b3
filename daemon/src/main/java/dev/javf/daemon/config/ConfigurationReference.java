package dev.javf.daemon.config;

import java.util.List;

/** Prints the reference of the configuration from the keys that are read. */
final class ConfigurationReference {
    private final StringBuilder text = new StringBuilder();

    private ConfigurationReference() {}

    /** All sections and their keys, in Markdown. */
    static String print() {
        final ConfigurationReference reference = new ConfigurationReference();
        ConfigurationReader.SECTIONS.forEach(
                (name, keys) -> reference.section("`" + name + "`", keys));
        reference.section("`functions.NAME`", FunctionSection.KEYS);
        reference.section("`ports.NAME`", PortSection.KEYS);
        for (final PortKind kind : PortKinds.ALL) {
            reference
                    .text
                    .append("\n### `ports.NAME`, kind `")
                    .append(kind.name())
                    .append("`\n\n")
                    .append(kind.description())
                    .append('\n');
            reference.table(kind.keys());
        }
        return reference.text.toString();
    }

    private void section(final String title, final List<Key<?>> keys) {
        text.append("\n### ").append(title).append('\n');
        table(keys);
    }

    private void table(final List<Key<?>> keys) {
        text.append("\n| key | value | without it | |\n|---|---|---|---|\n");
        for (final Key<?> key : keys) {
            text.append("| `")
                    .append(key.name())
                    .append("` | ")
                    .append(cell(key.type().description()))
                    .append(" | ")
                    .append(
                            switch (key.presence()) {
                                case REQUIRED -> "an error";
                                case OPTIONAL -> "see right";
                                case DEFAULTED -> "`" + key.defaultText() + "`";
                            })
                    .append(" | ")
                    .append(cell(key.description()))
                    .append(" |\n");
        }
    }

    private static String cell(final String words) {
        return words.replace("|", "\\|");
    }
}
