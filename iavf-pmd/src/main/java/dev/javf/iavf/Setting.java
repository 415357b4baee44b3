package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

/**
 * One thing that a single message sets at the PF. It knows what is wanted and what the PF holds;
 * only an answer moves the latter. One request is in flight at most, so that an answer is never
 * another one's.
 *
 * <pre>
 * PF holds      event               -> PF holds    action
 * not wanted    room in the mailbox    in flight   sent
 * in flight     answer: ok             what was sent
 * in flight     answer: error          unknown     sent again after a pause; the third time reported
 * in flight     timeout                unknown     the same
 * any           unasked answer         unknown     sent again
 * any           reset                  its default
 * </pre>
 */
final class Setting {
    /** A PF may refuse for a passing reason; a setting is asked for so often, with pauses. */
    static final int TRIES_MAX = 3;

    private static final long PAUSE_NS = 10_000_000;
    private static final String UNKNOWN = "what it held before, or its default";

    private final Opcode opcode;
    private final Difference.Item item;
    private final String remedy;
    private final Differences differences;
    private @Nullable Wish wanted;
    private @Nullable Wish held;
    private @Nullable Wish sent;
    private @Nullable Wish refused;
    private String doubt = "";
    private int tries;
    private long notBeforeNs;

    /**
     * What a PF is to hold.
     *
     * @param message what asks for it; null for an operation without body.
     * @param text what it is, for people.
     */
    record Wish(@Nullable Message message, String text) {}

    Setting(
            final Opcode opcode,
            final Difference.Item item,
            final String remedy,
            final Differences differences) {
        this.opcode = opcode;
        this.item = item;
        this.remedy = remedy;
        this.differences = differences;
    }

    Opcode opcode() {
        return opcode;
    }

    /** The PF holds its default again, and no answer will come. */
    void reset() {
        wanted = null;
        held = null;
        sent = null;
        refused = null;
        tries = 0;
    }

    /** What the PF holds after a reset, where that is known. */
    void initially(final Wish wish) {
        held = wish;
    }

    /** What the PF is to hold. */
    void want(final Wish wish) {
        if (!wish.equals(wanted)) {
            wanted = wish;
            refused = null;
            tries = 0;
            if (wish.equals(held) && sent == null) {
                differences.resolve(item);
            }
        }
    }

    /** Something is wanted that can't even be asked for. */
    void unavailable(final String text, final String why) {
        differences.report(new Difference(item, "", text, "its default", why, remedy));
    }

    /** Nothing is wanted of the PF. */
    void wantNothing() {
        differences.resolve(item);
    }

    /** Why the PF's yes to what is wanted may mean nothing; empty if it means yes. */
    void doubt(final String why) {
        doubt = why;
    }

    boolean isDue(final long nowNs) {
        return sent == null && !isSettled() && (tries == 0 || nowNs - notBeforeNs >= 0);
    }

    /** Whether the PF holds what is wanted, or has refused it for good. */
    boolean isSettled() {
        return wanted == null || (sent == null && (wanted.equals(held) || wanted.equals(refused)));
    }

    /** Whether the PF has refused what is wanted. */
    boolean isRefused() {
        return wanted != null && wanted.equals(refused);
    }

    /** What is to be sent now. */
    Wish toSend() {
        final Wish wish = wanted;
        if (wish == null) {
            throw new IllegalStateException("nothing to send for " + opcode);
        }
        return wish;
    }

    void onSent(final Wish wish) {
        sent = wish;
    }

    void onAnswer(final int status, final long nowNs) {
        final Wish answered = sent;
        sent = null;
        if (status != Status.SUCCESS.code()) {
            onNotDone(answered, "the PF refuses " + opcode + ": " + Status.nameOf(status), nowNs);
            return;
        }
        held = answered;
        tries = 0;
        if (answered != null && answered.equals(wanted)) {
            if (doubt.isEmpty()) {
                differences.resolve(item);
            } else {
                differences.report(
                        new Difference(item, "", answered.text(), "something else", doubt, remedy));
            }
        }
    }

    void onTimeout(final long nowNs) {
        final Wish lost = sent;
        sent = null;
        onNotDone(lost, "the PF doesn't answer " + opcode, nowNs);
    }

    private void onNotDone(final @Nullable Wish wish, final String why, final long nowNs) {
        held = null;
        if (wish == null || !wish.equals(wanted)) {
            return;
        }
        tries++;
        notBeforeNs = nowNs + PAUSE_NS;
        if (tries >= TRIES_MAX) {
            refused = wish;
            differences.report(new Difference(item, "", wish.text(), UNKNOWN, why, remedy));
        }
    }

    /** An answer came twice, so that one may have been taken for another one's. */
    void onUnaskedAnswer() {
        if (sent == null) {
            held = null;
            refused = null;
            tries = 0;
        }
    }
}
