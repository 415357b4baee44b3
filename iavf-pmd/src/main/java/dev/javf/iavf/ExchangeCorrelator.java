package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;

/**
 * Tells by rules of its own to which request an answer belongs, and what silence means. The channel
 * only carries its messages.
 */
interface ExchangeCorrelator {
    /** What {@link #onAnswer} returns when no request is answered. */
    long NONE = -1;

    /**
     * An answer has come to an operation that was delegated.
     *
     * @return the token of the request, or {@link #NONE}.
     */
    long onAnswer(Opcode opcode, int status);

    /** A request has had no answer in time. */
    void onTimeout(long token);

    /** Whether a request still waits for its answer. */
    boolean isInFlight(long token);
}
