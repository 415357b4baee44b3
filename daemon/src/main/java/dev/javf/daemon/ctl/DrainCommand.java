package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code javfctl drain}. */
@Command(
        name = "drain",
        description =
                "Closes all ports, stops and resets all functions and lets their devices go, and"
                        + " waits for that, at most --timeout seconds. javfd itself goes on, not"
                        + " ready, until it is stopped.")
final class DrainCommand implements Callable<Integer> {
    @ParentCommand private @Nullable Javfctl javfctl;

    @Override
    public Integer call() throws ControlClient.FailedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final JsonNode answer = program.ask(ControlClient.request("drain"));
        if (!program.printsJson(answer)) {
            program.print("drained\n");
        }
        return 0;
    }
}
