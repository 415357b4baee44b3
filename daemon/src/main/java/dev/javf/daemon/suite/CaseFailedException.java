package dev.javf.daemon.suite;

/** A case has failed; the message says how. */
final class CaseFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CaseFailedException(final String message) {
        super(message);
    }
}
