package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;

/** Keeps log lines for a test to look at, instead of printing them. */
final class LogLines implements System.Logger {
    final List<String> lines = new ArrayList<>();

    @Override
    public String getName() {
        return "lines";
    }

    @Override
    public boolean isLoggable(final Level level) {
        return true;
    }

    @Override
    public void log(
            final Level level,
            final @Nullable ResourceBundle bundle,
            final @Nullable String message,
            final @Nullable Throwable thrown) {
        lines.add(level + " " + message);
    }

    @Override
    public void log(
            final Level level,
            final @Nullable ResourceBundle bundle,
            final @Nullable String format,
            final @Nullable Object... parameters) {
        lines.add(level + " " + format);
    }
}
