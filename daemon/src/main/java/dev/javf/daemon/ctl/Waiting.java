package dev.javf.daemon.ctl;

import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;

import java.util.concurrent.TimeUnit;

/**
 * How commands wait.
 *
 * @param clock of all that they wait for.
 * @param idle passes the time.
 */
record Waiting(NanoClock clock, IdleStrategy idle) {
    private static final long IDLE_MS = 5;

    /** For people. */
    static Waiting ofWallClock() {
        return new Waiting(SystemNanoClock.INSTANCE, new SleepingMillisIdleStrategy(IDLE_MS));
    }

    /**
     * Waits.
     *
     * @param durationNs how long.
     * @throws InterruptedException when the thread is interrupted meanwhile.
     */
    void pause(final long durationNs) throws InterruptedException {
        final long deadlineNs = clock.nanoTime() + durationNs;
        while (clock.nanoTime() - deadlineNs < 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while waiting");
            }
            idle.idle();
        }
    }

    /** The same in seconds. */
    void pause(final double seconds) throws InterruptedException {
        pause((long) (seconds * TimeUnit.SECONDS.toNanos(1)));
    }
}
