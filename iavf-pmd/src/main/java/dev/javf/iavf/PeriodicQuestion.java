package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

/** Something that the PF is asked once per period, or when told to. For the conductor. */
abstract class PeriodicQuestion {
    /** A PF that doesn't answer is asked so much less often. */
    private static final int PATIENCE = 10;

    private final DriverParts parts;
    private final Opcode opcode;
    private final long periodNs;
    private boolean wanted;
    private boolean inFlight;
    private long dueNs;

    /** With a period of 0 only when told to. */
    PeriodicQuestion(final DriverParts parts, final Opcode opcode, final long periodNs) {
        this.parts = parts;
        this.opcode = opcode;
        this.periodNs = periodNs;
    }

    /** The PF has answered with SUCCESS. */
    abstract void onAnswer(@Nullable Message body);

    /** Asks soon. */
    final void request() {
        wanted = true;
    }

    /** The VF was reset, or is about to be: no answer will come. */
    void reset() {
        inFlight = false;
    }

    /** The PF takes messages since the last reset. */
    void begin(final long nowNs) {
        dueNs = nowNs;
    }

    final boolean isDue(final long nowNs) {
        return !inFlight && (wanted || (periodNs > 0 && nowNs - dueNs >= 0));
    }

    /** Asks, if the mailbox takes it; the number of messages sent. */
    final int ask(final Message message, final long nowNs) {
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        inFlight = false;
                        wanted = false;
                        if (status == Status.SUCCESS.code()) {
                            PeriodicQuestion.this.onAnswer(body);
                        }
                    }

                    @Override
                    public void onTimeout(final long now) {
                        inFlight = false;
                        dueNs = now + PATIENCE * periodNs;
                    }
                };
        inFlight = parts.channel().send(opcode, message, handler, nowNs);
        if (inFlight) {
            dueNs = nowNs + periodNs;
        }
        return inFlight ? 1 : 0;
    }
}
