package dev.javf.daemon.ctl;

import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/** Prints a program's manual page, man(7), from its command line. */
final class ManPage {
    private final StringBuilder text = new StringBuilder();

    private ManPage() {}

    /**
     * A page of section 8.
     *
     * @param program its command line.
     * @param seeAlso other pages, such as {@code javfd(8)}.
     * @return the page in roff.
     */
    static String print(final CommandLine program, final String seeAlso) {
        final ManPage page = new ManPage();
        final CommandSpec spec = program.getCommandSpec();
        final String description = String.join(" ", spec.usageMessage().description());
        page.text
                .append(".\\\" Printed from the program; don't edit.\n.TH ")
                .append(spec.name().toUpperCase(Locale.ROOT))
                .append(" 8 \"\" \"javf\"\n.SH NAME\n")
                .append(spec.name())
                .append(" \\- ")
                .append(escaped(firstSentence(description)))
                .append("\n.SH SYNOPSIS\n");
        page.synopsis(program);
        page.text.append(".SH DESCRIPTION\n").append(escaped(description)).append('\n');
        page.options(spec, "OPTIONS");
        if (!program.getSubcommands().isEmpty()) {
            page.text.append(".SH COMMANDS\n");
            page.commands(program);
        }
        page.exitStatus(spec, ".SH EXIT STATUS\n");
        page.text.append(".SH SEE ALSO\n").append(seeAlso).append('\n');
        return page.text.toString();
    }

    private void commands(final CommandLine program) {
        for (final CommandLine command : new LinkedHashSet<>(program.getSubcommands().values())) {
            final CommandSpec spec = command.getCommandSpec();
            if (!command.getSubcommands().isEmpty()) {
                commands(command);
                continue;
            }
            text.append(".SS ")
                    .append(spec.qualifiedName().substring(spec.root().name().length() + 1))
                    .append('\n');
            synopsis(command);
            text.append(".PP\n")
                    .append(escaped(String.join(" ", spec.usageMessage().description())))
                    .append('\n');
            for (final PositionalParamSpec parameter : spec.positionalParameters()) {
                item("\\fI" + parameter.paramLabel() + "\\fR", parameter.description());
            }
            spec.options().stream().filter(option -> !option.inherited()).forEach(this::option);
            exitStatus(spec, ".PP\nExit status:\n");
        }
    }

    private void synopsis(final CommandLine command) {
        final String line =
                new CommandLine.Help(
                                command.getCommandSpec(),
                                CommandLine.Help.defaultColorScheme(Ansi.OFF))
                        .synopsis(0)
                        .strip()
                        .replaceAll("\\s+", " ");
        text.append(".nh\n").append(escaped(line)).append("\n.hy\n");
    }

    private void options(final CommandSpec spec, final String title) {
        text.append(".SH ").append(title).append('\n');
        spec.options().forEach(this::option);
    }

    private void option(final OptionSpec option) {
        final Set<String> names = new LinkedHashSet<>();
        for (final String name : option.names()) {
            names.add("\\fB" + escaped(name) + "\\fR");
        }
        final String value =
                option.arity().max() == 0 ? "" : " \\fI" + option.paramLabel() + "\\fR";
        item(String.join(", ", names) + value, option.description());
    }

    private void exitStatus(final CommandSpec spec, final String title) {
        if (!spec.usageMessage().exitCodeList().isEmpty()) {
            text.append(title);
            spec.usageMessage()
                    .exitCodeList()
                    .forEach((code, meaning) -> item("\\fB" + code + "\\fR", meaning));
        }
    }

    private void item(final String head, final String... body) {
        text.append(".TP\n").append(head).append('\n').append(escaped(String.join(" ", body)));
        text.append('\n');
    }

    private static String firstSentence(final String description) {
        final int end = description.indexOf('.');
        return end < 0 ? description : description.substring(0, end);
    }

    private static String escaped(final String words) {
        return words.replace("\\", "\\e")
                .replace("-", "\\-")
                .replace("${DEFAULT\\-VALUE}", "see above")
                .replaceAll("(?m)^([.'])", "\\\\&$1");
    }
}
