package dev.javf.daemon.config;

/**
 * Something in the configuration that can't be.
 *
 * @param place {@code file:line}.
 * @param key the path of the key, such as {@code functions.vf0.device}; empty for the whole file.
 * @param message the value, the limit, and the remedy.
 */
public record Problem(String place, String key, String message) {
    /** One line for people. */
    @Override
    public String toString() {
        return place + ": " + (key.isEmpty() ? "" : key + ": ") + message;
    }
}
