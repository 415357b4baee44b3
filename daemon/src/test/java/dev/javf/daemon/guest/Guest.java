package dev.javf.daemon.guest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A Linux guest with a shell that a test gives commands to, one after the other. Its PCI devices
 * are functions that vfio-user servers serve.
 */
final class Guest implements AutoCloseable {
    /** A guest is ended after this time, whatever it is doing. */
    private static final int LIFE_S = 180;

    private static final int BOOT_TRIES = 2;
    private static final int BOOT_S = 120;
    private static final int COMMAND_S = 60;
    private static final int END_S = 10;
    private static final String MARK = "javf-guest-status";
    private static final String READY = "ready";
    private static final String END = "";
    private static final Pattern SCREEN_CODES = Pattern.compile("\\u001b\\[[0-9;=]*[A-Za-z]");

    private final Process process;
    private final OutputStream input;
    private final BlockingQueue<String> output = new LinkedBlockingQueue<>();
    private String firmwareOutput = "";

    /** What a guest needs to be. */
    static final class Context {
        private final Map<String, String> environment = new HashMap<>();
        private final List<String> arguments = new ArrayList<>();

        /** The VFs, as PCI devices 0000:00:10.0, 0000:00:11.0 and so on. */
        Context functions(final ServedFunctions functions) {
            return set(
                    "VFIO_USER",
                    functions.sockets().stream()
                            .map(Path::toString)
                            .collect(Collectors.joining(" ")));
        }

        /** Further arguments of QEMU. */
        Context arguments(final String... more) {
            arguments.addAll(List.of(more));
            return this;
        }

        /** A variable of {@code tools/lab/guest}. */
        Context set(final String variable, final String value) {
            environment.put(variable, value);
            return this;
        }
    }

    /**
     * How a command ended.
     *
     * @param status its exit status.
     * @param output what it wrote, to standard error too.
     */
    record Result(int status, String output) {}

    private Guest(final Context context) throws IOException {
        final List<String> command =
                new ArrayList<>(List.of("nice", "-n", "5", Lab.guest().toString(), "-"));
        command.addAll(context.arguments);
        final ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(context.environment);
        builder.environment().putIfAbsent("TIMEOUT", String.valueOf(LIFE_S));
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        process = builder.start();
        input = process.getOutputStream();
        Thread.ofPlatform().daemon().name("guest-output").start(this::read);
    }

    /**
     * Boots a guest; tries once more if the first doesn't come up.
     *
     * @param context what it is to be.
     * @return the guest, with a shell that is ready.
     */
    static Guest boot(final Context context) throws InterruptedException, IOException {
        AssertionError error = new AssertionError();
        for (int i = 0; i < BOOT_TRIES; i++) {
            final Guest guest = new Guest(context);
            try {
                guest.awaitReady();
                return guest;
            } catch (final AssertionError e) {
                guest.close();
                error = e;
            }
        }
        throw error;
    }

    /** Firmware, if the guest has any, writes to every serial line before Linux does. */
    private void awaitReady() throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOOT_S);
        final StringBuilder before = new StringBuilder();
        while (true) {
            final @Nullable String line =
                    output.poll(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.equals(END)) {
                throw new AssertionError(
                        "the guest hasn't booted within " + BOOT_S + " s, but said: " + before);
            }
            if (line.strip().endsWith(READY)) {
                firmwareOutput = before.toString();
                return;
            }
            before.append(SCREEN_CODES.matcher(line).replaceAll(""));
        }
    }

    /** What the firmware has said when the machine was started last; empty without firmware. */
    String firmwareOutput() {
        return firmwareOutput;
    }

    /**
     * Resets the machine without warning, and boots it again. Needs the argument {@code -action
     * reboot=reset}.
     */
    void reboot() throws InterruptedException {
        send("echo b >/proc/sysrq-trigger\n");
        awaitReady();
    }

    private void read() {
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                output.add(line + "\n");
            }
        } catch (final IOException e) {
            output.add(e + "\n");
        }
        output.add(END);
    }

    /**
     * Runs a command that has to succeed.
     *
     * @param command shell text.
     * @return what it wrote.
     */
    String run(final String command) throws InterruptedException {
        final Result result = attempt(command);
        if (result.status() != 0) {
            throw new AssertionError(
                    "in the guest: "
                            + command
                            + "\n"
                            + result.output()
                            + "status "
                            + result.status());
        }
        return result.output();
    }

    /**
     * Runs a command that may fail.
     *
     * @param command shell text.
     * @return how it ended.
     */
    Result attempt(final String command) throws InterruptedException {
        send("( " + command + "\n) </dev/null 2>&1; echo \"" + MARK + " $?\"\n");
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(COMMAND_S);
        final List<String> lines = new ArrayList<>();
        while (true) {
            final @Nullable String line =
                    output.poll(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.isEmpty()) {
                throw new AssertionError(
                        (line == null ? "no end within " + COMMAND_S + " s" : "the guest is gone")
                                + ": "
                                + command
                                + "\n"
                                + String.join("", lines));
            }
            final int mark = line.indexOf(MARK);
            if (mark >= 0) {
                lines.add(line.substring(0, mark));
                final String status = line.substring(mark + MARK.length()).strip();
                return new Result(Integer.parseInt(status), String.join("", lines));
            }
            lines.add(line);
        }
    }

    private void send(final String text) {
        try {
            input.write(text.getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (final IOException e) {
            throw new UncheckedIOException("the guest is gone", e);
        }
    }

    /** Ends the guest, by force if need be. */
    @Override
    public void close() {
        try {
            send("exit 0\n");
        } catch (final UncheckedIOException ignored) {
            // It has ended already.
        }
        if (!hasEnded()) {
            process.destroy();
            if (!hasEnded()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    private boolean hasEnded() {
        try {
            return process.waitFor(END_S, TimeUnit.SECONDS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
