package dev.javf.daemon;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where functions are looked for.
 *
 * @param sysfs {@code /sys}, or a made-up one.
 * @param environment this process's variables, or made-up ones.
 * @param simulators what simulates functions in this process.
 */
public record FunctionHost(Path sysfs, Map<String, String> environment, Simulators simulators) {
    /** This machine and process, without simulators. */
    public static FunctionHost system() {
        return new FunctionHost(Path.of("/sys"), System.getenv(), Simulators.NONE);
    }
}
