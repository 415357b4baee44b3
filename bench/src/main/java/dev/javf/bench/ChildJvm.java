package dev.javf.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM with the daemon's options, for benchmarks that JMH doesn't run. */
public final class ChildJvm {
    private static final String CHILD_PROP_NAME = "javf.bench.child";

    private ChildJvm() {}

    /** Whether this is one. */
    public static boolean isOne() {
        return Boolean.getBoolean(CHILD_PROP_NAME);
    }

    /**
     * Runs a main class of this class path in one, and waits for its end.
     *
     * @param main the class.
     * @param arguments for it.
     * @throws IOException when it can't be started, or ends with another status than 0.
     */
    public static void run(final Class<?> main, final String... arguments) throws IOException {
        final List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                "-Djavf.disable.checks=true",
                                "-D" + CHILD_PROP_NAME + "=true",
                                "-XX:+UseZGC",
                                "-Xms256m",
                                "-Xmx256m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        final Process child = new ProcessBuilder(command).inheritIO().start();
        try {
            final int status = child.waitFor();
            if (status != 0) {
                throw new IOException(main.getSimpleName() + " ended with status " + status);
            }
        } catch (final InterruptedException e) {
            child.destroy();
            Thread.currentThread().interrupt();
        }
    }
}
