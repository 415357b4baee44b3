package dev.javf.bench.forward;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;

/**
 * The program in forward.c, built by the machine's own gcc for this very processor, in a process of
 * its own that waits between samples.
 */
final class CContestant implements Contestant {
    private static final List<String> COMPILER = List.of("gcc", "-O3", "-march=native");

    private final Process process;
    private final PrintWriter requests;
    private final BufferedReader answers;

    private CContestant(final Process process) {
        this.process = process;
        requests = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
        answers = process.inputReader(StandardCharsets.US_ASCII);
    }

    /**
     * Builds and starts the program.
     *
     * @param folder for the program; it is left there.
     * @throws IOException when there is no gcc, or it fails; the message says what it said.
     */
    static CContestant start(final Path folder) throws IOException {
        final Path source = folder.resolve("forward.c");
        final Path program = folder.resolve("forward");
        try (InputStream resource =
                Objects.requireNonNull(CContestant.class.getResourceAsStream("forward.c"))) {
            Files.copy(resource, source, StandardCopyOption.REPLACE_EXISTING);
        }
        final List<String> command = new java.util.ArrayList<>(COMPILER);
        command.addAll(List.of("-o", program.toString(), source.toString()));
        final Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output =
                new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (compiler.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ":\n" + output);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while gcc ran", e);
        }
        final ProcessBuilder builder = new ProcessBuilder(program.toString());
        return new CContestant(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    @Override
    public String name() {
        return "C";
    }

    @Override
    public double run(final int burst, final int packets) {
        requests.println(burst + " " + packets);
        try {
            final String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("the C program has ended");
            }
            return Double.parseDouble(line);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        requests.close();
        process.destroy();
    }
}
