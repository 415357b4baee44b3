package dev.javf.daemon.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** {@link VhostEcho} in a process of its own, which connects to a front-end, and is killed. */
final class EchoProcess implements AutoCloseable {
    private final Process process;
    private volatile long packets;

    EchoProcess(final String socket) throws IOException {
        process =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-XX:+UseSerialGC",
                                        "-Xmx128m",
                                        "--enable-native-access=ALL-UNNAMED",
                                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        VhostEcho.class.getName(),
                                        socket,
                                        "CLIENT"))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        Thread.ofPlatform().daemon().name("echo-output").start(this::read);
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(VhostEcho.PACKETS)) {
                    packets = Long.parseLong(line.substring(VhostEcho.PACKETS.length()));
                }
            }
        } catch (final IOException e) {
            packets = -1;
        }
    }

    /** Packets that it has taken, as far as it has said. */
    long packets() {
        return packets;
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
