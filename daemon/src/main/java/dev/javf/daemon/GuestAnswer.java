package dev.javf.daemon;

import dev.javf.virtio.net.NetworkControl.Answer;
import dev.javf.virtio.net.NetworkControl.Outcome;

/**
 * A guest's request on its way from the poller to the conductor and back. The conductor settles it
 * with what the PF said; the poller may stop waiting before, and then it is undone.
 */
final class GuestAnswer implements Answer {
    private final Runnable onAbandoned;
    private volatile Outcome outcome = Outcome.PENDING;

    /**
     * A request that has been made.
     *
     * @param onAbandoned run on the poller's thread when nobody waits any longer; whatever has been
     *     done by then is to be undone.
     */
    GuestAnswer(final Runnable onAbandoned) {
        this.onAbandoned = onAbandoned;
    }

    @Override
    public Outcome outcome() {
        return outcome;
    }

    /**
     * The conductor knows what came of it.
     *
     * @param isDone whether it was done.
     */
    void settle(final boolean isDone) {
        outcome = isDone ? Outcome.DONE : Outcome.REFUSED;
    }

    @Override
    public void abandon() {
        onAbandoned.run();
    }
}
