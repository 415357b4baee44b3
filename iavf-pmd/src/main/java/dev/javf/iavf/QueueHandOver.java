package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

/**
 * Where the queues of a VF are: with the conductor, with their owner, or on the way. One request to
 * the owner is under way at most; a wish to have the queues back that comes during {@code prepare}
 * waits for its end. For the conductor.
 */
final class QueueHandOver {
    private final QueueOwner owner;
    private @Nullable QueueSet queues;
    private Place place = Place.CONDUCTOR;
    private boolean wantBack;
    private boolean holdBuffers;

    private enum Place {
        CONDUCTOR,
        PREPARING,
        OWNER,
        REVOKING,
        RECLAIMING
    }

    QueueHandOver(final QueueOwner owner) {
        this.owner = owner;
    }

    /** The queues, once there are any. */
    @Nullable QueueSet queues() {
        return queues;
    }

    void queues(final @Nullable QueueSet set) {
        queues = set;
    }

    /** Whether no other thread touches the queues. */
    boolean isWithConductor() {
        return place == Place.CONDUCTOR;
    }

    /** Whether the owner has prepared the queues and polls them. */
    boolean isWithOwner() {
        return place == Place.OWNER;
    }

    /** Whether the queues may hold buffers that {@link #reclaim} has to give back. */
    boolean holdsBuffers() {
        return holdBuffers;
    }

    /** Asks the owner to take the queues. */
    void prepare() {
        final QueueSet set = queues;
        if (set == null || place != Place.CONDUCTOR) {
            throw new IllegalStateException("queues can't be prepared, they are at " + place);
        }
        place = Place.PREPARING;
        wantBack = false;
        holdBuffers = true;
        owner.prepare(set, new Done(Place.PREPARING, Place.OWNER));
    }

    /** Asks for the queues, now or as soon as they are prepared; without effect when here. */
    void takeBack() {
        wantBack = true;
        final QueueSet set = queues;
        if (set != null && place == Place.OWNER) {
            place = Place.REVOKING;
            owner.revoke(set, new Done(Place.REVOKING, Place.CONDUCTOR));
        }
    }

    /** Asks the owner to give all buffers back to the pool. The device has stopped for good. */
    void reclaim() {
        final QueueSet set = queues;
        if (set == null || place != Place.CONDUCTOR) {
            throw new IllegalStateException("queues can't be reclaimed, they are at " + place);
        }
        place = Place.RECLAIMING;
        holdBuffers = false;
        owner.reclaim(set, new Done(Place.RECLAIMING, Place.CONDUCTOR));
    }

    /** Counts once, and only for the request that it was made for. */
    private final class Done implements Runnable {
        private final Place during;
        private final Place after;
        private boolean used;

        Done(final Place during, final Place after) {
            this.during = during;
            this.after = after;
        }

        @Override
        public void run() {
            if (used || place != during) {
                return;
            }
            used = true;
            place = after;
            if (wantBack) {
                takeBack();
            }
        }
    }
}
