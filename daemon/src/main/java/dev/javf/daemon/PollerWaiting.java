package dev.javf.daemon;

import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

import java.util.concurrent.TimeUnit;

/** What a poller does when it finds nothing to do. */
public enum PollerWaiting {
    /** Looks again at once: a core of its own, and the shortest latency. */
    BUSY_SPIN("busy-spin"),

    /** Looks again at once for a while, then yields, then naps for up to 50 microseconds. */
    BACK_OFF("back-off"),

    /** Sleeps until an interrupt, a port or a command wakes it. */
    INTERRUPT("interrupt");

    private static final int SPINS = 100;
    private static final int YIELDS = 10;

    private final String label;

    PollerWaiting(final String label) {
        this.label = label;
    }

    /** What the configuration calls it. */
    public String label() {
        return label;
    }

    /**
     * The one that the configuration calls so.
     *
     * @param label busy-spin, back-off or interrupt.
     * @return it.
     * @throws IllegalArgumentException for another word.
     */
    public static PollerWaiting of(final String label) {
        for (final PollerWaiting waiting : values()) {
            if (waiting.label.equals(label)) {
                return waiting;
            }
        }
        throw new IllegalArgumentException(
                "'" + label + "' is no way to wait: busy-spin, back-off or interrupt");
    }

    /** For threads that back off. */
    static IdleStrategy backOff() {
        return new BackoffIdleStrategy(
                SPINS, YIELDS, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(50));
    }

    /** For a thread that spins. */
    static IdleStrategy busySpin() {
        return new BusySpinIdleStrategy();
    }
}
