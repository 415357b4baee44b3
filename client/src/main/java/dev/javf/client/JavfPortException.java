package dev.javf.client;

/** A port can't be had; the message says why and what helps. */
public final class JavfPortException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With that message. */
    public JavfPortException(final String message) {
        super(message);
    }

    /** With that message and cause. */
    public JavfPortException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
