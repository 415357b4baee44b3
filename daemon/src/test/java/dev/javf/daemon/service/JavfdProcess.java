package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.ctl.CtlRun;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real daemon, in a process of its own, on simulated functions. */
public final class JavfdProcess implements AutoCloseable {
    private static final long PATIENCE_S = 60;

    private final Path folder;
    private final Process process;

    private JavfdProcess(final Path folder, final Process process) {
        this.folder = folder;
        this.process = process;
    }

    /** Two functions, and nothing that needs a privilege. */
    public static String twoFunctions() {
        return """
        daemon { packet-buffers = 4096 }
        functions {
          left { device = "sim:0/0", vlans = "100-101" }
          right { device = "sim:0/1" }
        }
        """;
    }

    /** Puts the sockets into the folder, and the configuration. */
    public static Path configure(final Path folder, final String text) throws IOException {
        return Files.writeString(
                folder.resolve("javf.conf"),
                text
                        + "\ncontrol.socket = \""
                        + folder.resolve("control.sock")
                        + "\"\nmetrics.listen = \"127.0.0.1:0\"\n");
    }

    /** Starts it, with these arguments. */
    public static Process start(
            final Path folder, final Map<String, String> environment, final String... arguments)
            throws IOException {
        return start(folder, environment, List.of(), arguments);
    }

    /** Starts it with more options for the virtual machine; a class path replaces the test's. */
    public static Process start(
            final Path folder,
            final Map<String, String> environment,
            final List<String> options,
            final String... arguments)
            throws IOException {
        final List<String> command =
                new ArrayList<>(
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Xmx128m",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(JavfdProgram.class.getName());
        command.addAll(Arrays.asList(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder.redirectOutput(folder.resolve("log").toFile()).start();
    }

    /** Starts it, and waits until it is ready. */
    public static JavfdProcess ready(final Path folder, final String configuration)
            throws Exception {
        return ready(folder, configuration, Map.of());
    }

    static JavfdProcess ready(
            final Path folder, final String configuration, final Map<String, String> environment)
            throws Exception {
        final Path file = configure(folder, configuration);
        final JavfdProcess daemon =
                new JavfdProcess(folder, start(folder, environment, "--config", file.toString()));
        final CtlRun waited = daemon.ctl("wait-ready", "--timeout", Long.toString(PATIENCE_S));
        if (waited.status() != 0) {
            final String log = daemon.log();
            daemon.close();
            assertThat(waited.status()).as(waited + "\n" + log).isZero();
        }
        return daemon;
    }

    /** One that was started. */
    static JavfdProcess of(final Path folder, final Process process) {
        return new JavfdProcess(folder, process);
    }

    /** Where it listens. */
    public Path socket() {
        return folder.resolve("control.sock");
    }

    /** What it has said. */
    public String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    /** Its process. */
    public Process process() {
        return process;
    }

    /** Runs javfctl on it. */
    public CtlRun ctl(final String... arguments) {
        final List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.add("--socket");
        all.add(socket().toString());
        return CtlRun.of(all);
    }

    /** Sends SIGTERM, and waits for the end. */
    int stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(PATIENCE_S, TimeUnit.SECONDS).join();
    }
}
