package dev.javf.daemon.control;

import java.util.Locale;

/** A request that isn't done; the client is told why. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Code code;

    /** Kinds of errors, by which programs tell them apart. */
    public enum Code {
        /** The line is no request. */
        MALFORMED,
        /** The request is of a version that isn't spoken here. */
        VERSION,
        /** There is no such command. */
        UNKNOWN_COMMAND,
        /** The command is missing an argument, or has a wrong one. */
        ARGUMENT,
        /** The client may not. */
        DENIED,
        /** Too much is being asked; later it may work. */
        BUSY,
        /** It was tried and didn't work. */
        FAILED;

        /** As it is sent. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Says why.
     *
     * @param code the kind.
     * @param message one line for people, with the remedy where there is one.
     */
    public ControlException(final Code code, final String message) {
        super(message);
        this.code = code;
    }

    /** The kind of error. */
    public Code code() {
        return code;
    }
}
