package dev.javf.daemon.service;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * One line for each record on the standard error. Under systemd it begins with the priority, as
 * sd-daemon(3) wants it, and the journal knows the time; else it begins with the time.
 */
final class LogFormat extends Formatter {
    private static final Map<String, Level> LEVELS =
            Map.of(
                    "error", Level.SEVERE,
                    "warning", Level.WARNING,
                    "info", Level.INFO,
                    "debug", Level.FINE);

    // Kept here, for a logger that nobody keeps is collected, and its level with it.
    private static final Logger JAVF = Logger.getLogger("javf");
    private static final Logger DEV = Logger.getLogger("dev.javf");

    private final boolean isJournal;

    /**
     * A format.
     *
     * @param isJournal whether the journal reads it.
     */
    LogFormat(final boolean isJournal) {
        this.isJournal = isJournal;
    }

    /**
     * Logs to the standard error from now on.
     *
     * @param level {@code error}, {@code warning}, {@code info} or {@code debug}.
     */
    static void install(final String level) {
        final Logger root = Logger.getLogger("");
        for (final Handler earlier : root.getHandlers()) {
            root.removeHandler(earlier);
        }
        final ConsoleHandler handler = new ConsoleHandler();
        handler.setFormatter(new LogFormat(System.getenv("JOURNAL_STREAM") != null));
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        root.setLevel(Level.INFO);
        level(level);
    }

    /**
     * Logs more or less from now on.
     *
     * @param level as {@link #install} takes it.
     */
    static void level(final String level) {
        JAVF.setLevel(LEVELS.getOrDefault(level, Level.INFO));
        DEV.setLevel(LEVELS.getOrDefault(level, Level.INFO));
    }

    @Override
    public String format(final LogRecord record) {
        final StringBuilder line = new StringBuilder();
        if (isJournal) {
            line.append('<').append(priority(record.getLevel())).append('>');
        } else {
            line.append(record.getInstant()).append(' ').append(record.getLevel()).append(' ');
        }
        line.append(record.getLoggerName()).append(": ");
        line.append(formatMessage(record).replace("\n", "\n    ")).append('\n');
        final Throwable thrown = record.getThrown();
        if (thrown != null) {
            final StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace));
            line.append(trace);
        }
        return line.toString();
    }

    private static int priority(final Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return 3;
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return 4;
        }
        return level.intValue() >= Level.INFO.intValue() ? 6 : 7;
    }
}
