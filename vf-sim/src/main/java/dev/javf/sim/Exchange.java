package dev.javf.sim;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * One message of a VF while the PF's driver works on it: the request, and what comes of it. For the
 * model's thread.
 */
final class Exchange {
    private static final int NO_FAILURE = -1;

    private final MailboxMessage request;
    private final VfControl vf;
    private final PfSettings pf;
    private final long nowNs;
    private final int failingRule;
    private @Nullable MailboxMessage answer;
    private int rules;
    private boolean isLinkEventDue;
    private @Nullable ResetKind reset;

    Exchange(
            final MailboxMessage request,
            final VfControl vf,
            final PfSettings pf,
            final long nowNs,
            final @Nullable Fault fault) {
        this.request = request;
        this.vf = vf;
        this.pf = pf;
        this.nowNs = nowNs;
        failingRule = fault instanceof Fault.FailElement(final int element) ? element : NO_FAILURE;
    }

    VfControl vf() {
        return vf;
    }

    PfSettings pf() {
        return pf;
    }

    /** When the PF's driver began to work on the message. */
    long nowNs() {
        return nowNs;
    }

    int opcode() {
        return request.opcode();
    }

    /** The request's body, a private copy. */
    MemorySegment body() {
        return request.body();
    }

    int lengthBytes() {
        return request.lengthBytes();
    }

    /** Answers with a status and no body. */
    void answer(final Status status) {
        answer(status.code());
    }

    /** Answers with any number as status and no body. */
    void answer(final int status) {
        answer = MailboxMessage.empty(vf.index(), request.opcode(), status);
    }

    /** Answers with SUCCESS and a body. */
    void answer(final Message body) {
        answer(Status.SUCCESS, body);
    }

    /** Answers with a status and a body. */
    void answer(final Status status, final Message body) {
        answer = message(vf.index(), request.opcode(), status.code(), body);
    }

    /** Answers SUCCESS, or ERR_PARAM. */
    void answer(final boolean isGood) {
        answer(isGood ? Status.SUCCESS : Status.ERR_PARAM);
    }

    /**
     * Has the firmware change one rule or setting, which takes its time.
     *
     * @return false when the firmware refuses, as a fault plan may want.
     */
    boolean changeRule() {
        return rules++ != failingRule;
    }

    /** Sends the VF a LINK_CHANGE event after the answer. */
    void tellLink() {
        isLinkEventDue = true;
    }

    /** Resets the VF after this message. */
    void reset(final ResetKind kind) {
        reset = kind;
    }

    /** Null when the request gets no answer. */
    @Nullable MailboxMessage answer() {
        return answer;
    }

    int rules() {
        return rules;
    }

    boolean isLinkEventDue() {
        return isLinkEventDue;
    }

    @Nullable ResetKind reset() {
        return reset;
    }

    /** A message to a VF. */
    static MailboxMessage message(
            final int virtualFunction, final int opcode, final int status, final Message body) {
        final MemorySegment bytes = MemorySegment.ofArray(new byte[body.lengthBytes()]);
        body.encode(bytes, 0);
        return new MailboxMessage(virtualFunction, opcode, status, bytes.asReadOnly());
    }
}
