package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

/**
 * The queue owner of an application that embeds the driver and does everything on one thread: the
 * VF's duty cycle, and moving packets. {@link #queues} has the queues whenever packets can be
 * moved.
 */
public final class OwnThreadQueues implements QueueOwner {
    private @Nullable QueueSet queues;

    /** None yet. */
    public OwnThreadQueues() {}

    /**
     * The queues, as long as the application may use them.
     *
     * @return null while there are none: before the VF is up for the first time, and during resets.
     *     To be asked for again after each {@link VirtualFunction#doWork}.
     */
    public @Nullable QueueSet queues() {
        return queues;
    }

    @Override
    public void prepare(final QueueSet prepared, final Runnable done) {
        for (int pair = 0; pair < prepared.pairs(); pair++) {
            prepared.rx(pair).start();
            prepared.tx(pair).start();
        }
        queues = prepared;
        done.run();
    }

    @Override
    public void revoke(final QueueSet revoked, final Runnable done) {
        queues = null;
        done.run();
    }

    @Override
    public void reclaim(final QueueSet stopped, final Runnable done) {
        for (int pair = 0; pair < stopped.pairs(); pair++) {
            stopped.rx(pair).reclaim();
            stopped.tx(pair).reclaim();
        }
        done.run();
    }
}
