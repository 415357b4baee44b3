package dev.javf.virtchnl;

import java.io.Serial;

/** A message whose bytes contradict its layout. The text is one line: message, got, expected. */
public final class MalformedMessageException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;

    MalformedMessageException(final String message) {
        super(message);
    }

    static MalformedMessageException length(
            final String message, final int lengthBytes, final String expected) {
        return new MalformedMessageException(
                message + ": " + lengthBytes + " bytes, expected " + expected);
    }

    static MalformedMessageException field(
            final String message, final String field, final long value, final String limit) {
        return new MalformedMessageException(
                message + ": " + field + " " + value + ", expected " + limit);
    }
}
