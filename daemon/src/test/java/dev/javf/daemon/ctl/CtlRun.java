package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * A run of javfctl, inside the test's process.
 *
 * @param status its exit status.
 * @param out what it printed.
 * @param err what it complained about.
 */
public record CtlRun(int status, String out, String err) {
    /** Runs it. */
    public static CtlRun of(final List<String> arguments) {
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final CommandLine commandLine = Javfctl.commandLine(new PrintWriter(out));
        commandLine.setErr(new PrintWriter(err));
        final int status = commandLine.execute(arguments.toArray(String[]::new));
        return new CtlRun(status, out.toString(), err.toString());
    }

    /** Its command line, to be looked at. */
    public static CommandLine commandLine() {
        return Javfctl.commandLine(new PrintWriter(new StringWriter()));
    }

    /** What it printed, as JSON. */
    public JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out);
    }
}
