package dev.javf.sim.program;

import dev.javf.sim.PfMode;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.agrona.concurrent.AgentRunner;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** The program {@code javf sim}. It runs until a signal ends it. */
@Command(
        name = "javf sim",
        mixinStandardHelpOptions = true,
        description =
                "Simulates a physical function and serves each of its virtual functions on a"
                        + " vfio-user socket, DIR/vf0.sock and so on, for QEMU's vfio-user-pci or"
                        + " for javf itself.")
public final class SimulatorProgram implements Callable<Integer> {
    @Option(
            names = "--vfs",
            paramLabel = "N",
            defaultValue = "2",
            description = "virtual functions, 1 to 256 (default: ${DEFAULT-VALUE})")
    private int virtualFunctions;

    @Option(
            names = "--sockets",
            paramLabel = "DIR",
            required = true,
            description = "directory for the sockets; made if there is none")
    private Path directory = Path.of("");

    @Option(
            names = "--pf",
            paramLabel = "MODE",
            defaultValue = "ice-v2-svm",
            description =
                    "the PF's driver: ice-v2-svm, ice-v1, ice-v2-dvm, i40e-v1, i40e-v2 or ice-old"
                            + " (default: ${DEFAULT-VALUE})")
    private String mode = "";

    @Spec private CommandLine.Model.@Nullable CommandSpec spec;

    /**
     * Runs the program.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(
                new CommandLine(new SimulatorProgram())
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println("javf sim: " + error.getMessage());
                            return 1;
                        })
                        .execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        final SimulatedPhysicalFunctionContext context = context();
        final SimulatorAgent agent =
                new SimulatorAgent(
                        new SimulatedPhysicalFunction(context),
                        madeDirectory(),
                        System.err::println);
        final AgentRunner runner =
                new AgentRunner(agent.idleStrategy(), Throwable::printStackTrace, null, agent);
        Runtime.getRuntime().addShutdownHook(new Thread(runner::close, "javf-sim-on-signal"));
        AgentRunner.startOnThread(runner);
        System.out.println(
                agent.addresses().stream()
                        .map(Object::toString)
                        .collect(Collectors.joining(" ", "ready: ", "")));
        new CountDownLatch(1).await();
        return 0;
    }

    private SimulatedPhysicalFunctionContext context() {
        try {
            return new SimulatedPhysicalFunctionContext()
                    .virtualFunctions(virtualFunctions)
                    .mode(PfMode.of(mode))
                    .conclude();
        } catch (final IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()), e);
        }
    }

    private Path madeDirectory() {
        try {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            return directory;
        } catch (final IOException e) {
            throw wrong("--sockets " + directory + ": can't be made a directory: " + e, e);
        }
    }

    private ParameterException wrong(final String message, final Exception cause) {
        return new ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), message, cause);
    }
}
