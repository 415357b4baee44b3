package dev.javf.sim;

import dev.javf.linux.EventFd;

import org.jspecify.annotations.Nullable;

/** What a VF's MSI-X vectors signal. The driver's thread attaches, the model's signals. */
final class MsixVectors {
    private final @Nullable EventFd[] eventFds;

    MsixVectors(final int vectors) {
        eventFds = new @Nullable EventFd[vectors];
    }

    int count() {
        return eventFds.length;
    }

    /** Null turns a vector off. What was attached before isn't signalled once this has returned. */
    void attach(final int vector, final @Nullable EventFd eventFd) {
        synchronized (eventFds) {
            eventFds[vector] = eventFd;
        }
    }

    /** Signals; does nothing for a vector that is off, or that there isn't. */
    void signal(final int vector) {
        synchronized (eventFds) {
            final EventFd eventFd = vector < eventFds.length ? eventFds[vector] : null;
            if (eventFd != null) {
                eventFd.signal();
            }
        }
    }
}
