package dev.javf.daemon;

import org.jspecify.annotations.Nullable;

/** A guest's request, as the conductor sees it. For the conductor's thread. */
final class GuestRequest {
    private @Nullable GuestAnswer answer;
    private @Nullable Runnable undo;
    private boolean isAbandoned;

    /** Who waits for it. Before the conductor sees it. */
    void answer(final GuestAnswer waiting) {
        answer = waiting;
    }

    /**
     * Something was done for it.
     *
     * @param how to undo that, if the guest doesn't wait for it any longer.
     */
    void undo(final Runnable how) {
        undo = how;
    }

    /** The PF has answered. */
    void settle(final boolean isDone) {
        final GuestAnswer waiting = answer;
        if (waiting != null && !isAbandoned) {
            waiting.settle(isDone);
        }
    }

    /** The guest was told that it failed. */
    void abandon() {
        if (!isAbandoned) {
            isAbandoned = true;
            if (undo != null) {
                undo.run();
            }
        }
    }

    boolean isAbandoned() {
        return isAbandoned;
    }
}
