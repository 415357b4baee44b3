package dev.javf.deploy;

import dev.javf.testing.Repository;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a command did, here with the packages that the build has just made.
 *
 * @param status it ended with.
 * @param text it printed.
 */
record Trial(int status, String text) {
    static final Path DEPLOY = Repository.file("deploy");

    /**
     * The package that the build made.
     *
     * @param ending of its name.
     * @return the file.
     * @throws IOException when there is no folder of them.
     */
    static Path made(final String ending) throws IOException {
        try (Stream<Path> files = Files.list(DEPLOY.resolve("target"))) {
            return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
        }
    }

    /**
     * Runs a command to its end.
     *
     * @param environment in addition to this process' own.
     * @param command and its arguments.
     * @return what it did.
     * @throws Exception when there is no such command.
     */
    static Trial of(final Map<String, String> environment, final String... command)
            throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        final Process process = builder.start();
        final String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Trial(process.waitFor(), text);
    }

    /**
     * Runs one of this folder's scripts with the Debian package.
     *
     * @param name of the script.
     * @return what it did.
     * @throws Exception when there is no such script or package.
     */
    static Trial ofScript(final String name) throws Exception {
        return of(Map.of(), DEPLOY.resolve(name).toString(), made(".deb").toString());
    }

    /** What was printed, by step. */
    Map<String, String> steps() {
        final Map<String, String> steps = new LinkedHashMap<>();
        String step = "";
        for (final String line : text.lines().toList()) {
            if (line.startsWith("== ")) {
                step = line.substring(3);
                steps.put(step, "");
            } else {
                steps.merge(step, line + "\n", String::concat);
            }
        }
        return steps;
    }
}
