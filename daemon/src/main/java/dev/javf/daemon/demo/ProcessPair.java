package dev.javf.daemon.demo;

import dev.javf.daemon.FunctionName;
import dev.javf.daemon.JavfdContext;
import dev.javf.vfio.PciDevice;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The simulator is a process of its own, {@code javf sim}; the doors are vfio-user sockets. */
final class ProcessPair implements SimulatedPair {
    private static final String READY = "ready: ";
    private static final long STOP_S = 10;

    private final Path directory;
    private final Process process;
    private final List<String> sockets = new ArrayList<>();

    /**
     * Starts the simulator.
     *
     * @throws IllegalStateException if it doesn't get ready; it has said why on the standard error.
     */
    ProcessPair() {
        try {
            directory = Files.createTempDirectory("javf-demo-");
            process = start(directory);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            sockets.addAll(awaitSockets());
        } catch (final RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Process start(final Path directory) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "--enable-native-access=dev.javf.linux",
                        "--add-exports=java.base/jdk.internal.misc=org.agrona",
                        "--module-path",
                        System.getProperty("jdk.module.path", ""),
                        "--module",
                        "dev.javf.sim/dev.javf.sim.program.SimulatorProgram",
                        "--vfs",
                        "2",
                        "--sockets",
                        directory.toString()));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private List<String> awaitSockets() {
        try {
            // Not closed: that would close the simulator's standard output.
            final BufferedReader output = process.inputReader();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                if (line.startsWith(READY)) {
                    return Arrays.asList(line.substring(READY.length()).split(" ", -1));
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("the simulator's process ended before it was ready");
    }

    @Override
    public String description() {
        return "in process " + process.pid() + ", over vfio-user";
    }

    @Override
    public List<PciDevice> devices() {
        return sockets.stream()
                .map(socket -> FunctionName.of(FunctionName.SERVED_PREFIX + socket).open())
                .toList();
    }

    /** The simulator has its own agents. */
    @Override
    public void addTo(final JavfdContext context) {}

    @Override
    public String faults() {
        return process.isAlive() ? "" : "unknown, as the simulator ended by itself";
    }

    /** Ends the simulator as a signal would, and removes its directory. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(directory);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
