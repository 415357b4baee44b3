package dev.javf.vfio;

import dev.javf.linux.EventFd;

import org.jspecify.annotations.Nullable;

/** What a model's MSI-X vectors signal. The driver's thread attaches, the model's signals. */
public final class MsixVectors {
    private final @Nullable EventFd[] eventFds;

    /**
     * All vectors are off.
     *
     * @param vectors how many there are.
     */
    public MsixVectors(final int vectors) {
        eventFds = new @Nullable EventFd[vectors];
    }

    /** How many there are. */
    public int count() {
        return eventFds.length;
    }

    /**
     * Says what a vector signals.
     *
     * @param vector 0 to count - 1.
     * @param eventFd null turns the vector off. What was attached before isn't signalled once this
     *     has returned.
     */
    public void attach(final int vector, final @Nullable EventFd eventFd) {
        synchronized (eventFds) {
            eventFds[vector] = eventFd;
        }
    }

    /**
     * Signals; does nothing for a vector that is off, or that there isn't.
     *
     * @param vector its number, not negative.
     */
    public void signal(final int vector) {
        synchronized (eventFds) {
            final EventFd eventFd = vector < eventFds.length ? eventFds[vector] : null;
            if (eventFd != null) {
                eventFd.signal();
            }
        }
    }
}
