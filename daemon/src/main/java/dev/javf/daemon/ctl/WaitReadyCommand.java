package dev.javf.daemon.ctl;

import com.fasterxml.jackson.databind.JsonNode;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** {@code javfctl wait-ready}. */
@Command(
        name = "wait-ready",
        description =
                "Waits until every required function is up with all its ports, at most --timeout"
                        + " seconds; also for a daemon that isn't there yet.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:ready", "1:not ready in time; says why"})
final class WaitReadyCommand implements Callable<Integer> {
    private static final double PAUSE_S = 0.1;
    private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(1);

    @ParentCommand private @Nullable Javfctl javfctl;

    @Override
    public Integer call() throws ControlClient.FailedException, InterruptedException {
        final Javfctl program = Objects.requireNonNull(javfctl);
        final long startNs = program.waiting().clock().nanoTime();
        String shown = "";
        while (true) {
            String why;
            try {
                final JsonNode answer = program.ask(ControlClient.request("health"));
                if (answer.path("ready").asBoolean()) {
                    program.printsJson(answer);
                    return 0;
                }
                why = answer.path("reasons").path(0).asText("not ready");
            } catch (final ControlClient.FailedException e) {
                why = String.valueOf(e.getMessage());
            }
            final long waitedNs = program.waiting().clock().nanoTime() - startNs;
            if (waitedNs >= program.timeoutNs()) {
                throw new ControlClient.FailedException(
                        "not ready after "
                                + TimeUnit.NANOSECONDS.toSeconds(waitedNs)
                                + " s: "
                                + why);
            }
            if (waitedNs > SILENCE_NS && !why.equals(shown)) {
                System.err.println("waiting: " + why);
                shown = why;
            }
            program.waiting().pause(PAUSE_S);
        }
    }
}
