package dev.javf.daemon.ctl;

import java.util.Set;

/**
 * Colours for a terminal.
 *
 * @param isOn whether there is one; else all texts stay as they are.
 */
record Colour(boolean isOn) {
    private static final String ESCAPE = "\u001b[";
    private static final Set<String> GOOD = Set.of("UP", "ok", "open", "ready");
    private static final Set<String> BAD =
            Set.of("NEEDS_RESET", "REMOVED", "fail", "failed", "CLOSED", "not ready", "stuck");
    private static final Set<String> SO_SO =
            Set.of("degraded", "warn", "RESETTING", "STARTING", "waiting", "DOWN", "NEGOTIATING");

    private String in(final String code, final String text) {
        return isOn ? ESCAPE + code + "m" + text + ESCAPE + "0m" : text;
    }

    String title(final String text) {
        return in("1", text);
    }

    /** What a state is: good, bad, so-so, or empty for what is no state. */
    static String kind(final String text) {
        if (GOOD.contains(text)) {
            return "good";
        }
        if (BAD.contains(text)) {
            return "bad";
        }
        return SO_SO.contains(text) ? "so-so" : "";
    }

    String state(final String text) {
        return switch (kind(text)) {
            case "good" -> in("32", text);
            case "bad" -> in("31", text);
            case "so-so" -> in("33", text);
            default -> text;
        };
    }
}
