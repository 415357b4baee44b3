package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl health}. */
@Command(
        name = "health",
        description = "Whether all is well, for scripts and probes.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all is as it is asked for",
            "1:degraded: it works, but not all is as it is asked for; or javfd doesn't answer",
            "2:failed: a required function doesn't move packets"
        })
final class HealthCommand implements Callable<Integer> {
    private static final List<String> LEVELS = List.of("ok", "degraded", "failed");

    @ParentCommand private @Nullable Javfctl javfctl;

    @Override
    public Integer call() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("health"));
        final String level = answer.path("health").asText();
        if (!program.printsJson(answer)) {
            program.print(
                    program.colour().state(level)
                            + ", "
                            + (answer.path("ready").asBoolean() ? "ready" : "not ready")
                            + "\n");
            for (final JsonNode reason : answer.path("reasons")) {
                program.print("  " + reason.asText() + "\n");
            }
        }
        return Math.max(0, LEVELS.indexOf(level));
    }
}
