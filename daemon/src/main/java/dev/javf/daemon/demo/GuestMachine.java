package dev.javf.daemon.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A Linux guest with a shell. It ends by itself after two minutes, whatever happens here. */
final class GuestMachine implements AutoCloseable {
    private static final String MARK = "javf-guest-status";
    private static final long END_S = 10;

    private final Process process;
    private final BufferedReader output;

    /**
     * Boots a guest, and waits for its shell.
     *
     * @param program that runs a guest.
     * @param socket of its network card.
     * @throws IllegalStateException if it doesn't boot; QEMU has said why on the standard error.
     */
    GuestMachine(final Path program, final Path socket) throws IOException {
        final ProcessBuilder builder = new ProcessBuilder(program.toString(), "-");
        builder.environment().put("VFIO_USER", socket.toString());
        builder.environment().put("TIMEOUT", "120");
        builder.environment().put("MEM", "512M");
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        process = builder.start();
        output = process.inputReader(StandardCharsets.UTF_8);
        try {
            String line = output.readLine();
            while (line != null && !line.startsWith("ready")) {
                line = output.readLine();
            }
            if (line == null) {
                throw new IllegalStateException("the guest has not booted");
            }
        } catch (final IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Runs a command.
     *
     * @param command shell text.
     * @return what it wrote.
     * @throws IllegalStateException if it fails.
     */
    String run(final String command) throws IOException {
        process.getOutputStream()
                .write(
                        ("( " + command + "\n) </dev/null 2>&1; echo \"" + MARK + " $?\"\n")
                                .getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        final StringBuilder text = new StringBuilder();
        while (true) {
            final String line = output.readLine();
            if (line == null) {
                throw new IllegalStateException("the guest is gone: " + command + ": " + text);
            }
            final int mark = line.indexOf(MARK);
            if (mark < 0) {
                text.append(line).append('\n');
                continue;
            }
            text.append(line, 0, mark);
            if (!line.substring(mark + MARK.length()).strip().equals("0")) {
                throw new IllegalStateException("in the guest: " + command + ": " + text);
            }
            return text.toString();
        }
    }

    /** Powers the guest off. */
    @Override
    public void close() {
        try {
            process.getOutputStream().write("exit 0\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (final IOException ignored) {
            // It has ended already.
        }
        try {
            if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
                process.destroy();
            }
        } catch (final InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }
}
