package dev.javf.daemon.suite;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.TimeUnit;

/**
 * Whose turn it is to send, of the ports of one side. They take turns, so that every VLAN gets its
 * share, and pause after a burst, so that no ring overflows: a frame that is lost for want of a
 * buffer is nobody's fault. For the poller's thread but for {@link #stop}.
 */
final class Turns {
    private static final int BURST = 64;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final NanoClock clock;
    private final int places;
    private int turn;
    private int budget;
    private long dueNs;
    private volatile boolean isStopped;

    /**
     * It is the first one's turn.
     *
     * @param clock for the pauses.
     * @param places number of ports, at least 1.
     */
    Turns(final NanoClock clock, final int places) {
        this.clock = clock;
        this.places = places;
        dueNs = clock.nanoTime();
    }

    /**
     * Whether a port may send a frame now; asked of all ports in their order.
     *
     * @param place the port's, from 0.
     */
    boolean isTurnOf(final int place) {
        if (place == 0 && !isStopped) {
            final long nowNs = clock.nanoTime();
            if (nowNs - dueNs >= 0) {
                dueNs = nowNs + PAUSE_NS;
                budget = BURST;
            }
        }
        return place == turn && budget > 0;
    }

    /** It has sent one. */
    void done() {
        budget--;
        pass();
    }

    /** It leaves the turn to the next one. */
    void pass() {
        turn = turn + 1 == places ? 0 : turn + 1;
    }

    /** Nobody sends any more, once the burst under way is over. Any thread. */
    void stop() {
        isStopped = true;
    }
}
