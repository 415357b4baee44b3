package dev.javf.daemon.demo;

import dev.javf.daemon.FunctionName;

import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The live account of what happens: lines from any thread, in order, printed by a thread of its
 * own, so that no duty cycle ever waits for a terminal.
 */
final class Account implements AutoCloseable {
    private static final String END = "";
    private static final double NS_PER_S = 1e9;

    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final long startNs = System.nanoTime();
    private final Thread printer;

    /** Starts printing to the standard output. */
    Account() {
        printer = new Thread(this::print, "javf-demo-account");
        printer.setDaemon(true);
        printer.start();
    }

    private void print() {
        try {
            for (String line = lines.take(); !line.equals(END); line = lines.take()) {
                System.out.println(line);
            }
            System.out.flush();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A step begins. */
    void step(final String title) {
        lines.add("\n== " + title);
    }

    /** A line of the current step. */
    void line(final String text) {
        lines.add("   " + text);
    }

    /** Something that happened now, with the time since the start. */
    void event(final String who, final String what) {
        lines.add(
                String.format(
                        Locale.ROOT,
                        "   %7.3f s  %-7s %s",
                        (System.nanoTime() - startNs) / NS_PER_S,
                        label(who),
                        what));
    }

    /** A function's name, without the directory of its socket if it has one. */
    static String label(final String name) {
        return name.startsWith(FunctionName.SERVED_PREFIX)
                ? name.substring(name.lastIndexOf('/') + 1)
                : name;
    }

    /** Prints what is left. */
    @Override
    public void close() {
        lines.add(END);
        try {
            printer.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
