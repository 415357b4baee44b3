package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl reload}. */
@Command(
        name = "reload",
        description =
                "Has javfd read its configuration again and apply what differs. What doesn't isn't"
                        + " touched. A configuration that is wrong changes nothing.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:applied", "1:the configuration is wrong, or part of it needs a restart"})
final class ReloadCommand implements Callable<Integer> {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Override
    public Integer call() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("reload"));
        if (!program.printsJson(answer)) {
            for (final JsonNode applied : answer.path("applied")) {
                program.print("applied: " + applied.asText() + "\n");
            }
            for (final JsonNode restart : answer.path("needs_restart")) {
                System.err.println("javfctl: needs a restart: " + restart.asText());
            }
            for (final JsonNode failed : answer.path("failed")) {
                System.err.println("javfctl: " + failed.asText());
            }
        }
        return answer.path("needs_restart").isEmpty() && answer.path("failed").isEmpty() ? 0 : 1;
    }
}
