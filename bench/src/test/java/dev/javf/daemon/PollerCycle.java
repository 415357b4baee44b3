package dev.javf.daemon;

/** The duty cycle of a daemon's poller alone, for what is measured of it. */
public final class PollerCycle {
    private PollerCycle() {}

    /** One. */
    public static void run(final Javfd daemon) {
        daemon.poller().doWork();
    }
}
