package dev.javf.daemon.suite;

import org.agrona.concurrent.NanoClock;

import java.util.concurrent.Future;

/** How a run passes its time: with the clock on the wall, or with one of its own. */
interface Pace {
    /** The clock of everything in the run. */
    NanoClock clock();

    /** Whether what has to work has threads of its own; if not, {@link #await} works. */
    boolean isThreaded();

    /**
     * The driver has been started.
     *
     * @param driver what has to work while time passes.
     */
    void attach(SuiteDriver driver);

    /**
     * Waits.
     *
     * @param future for what.
     * @param timeoutNs how long at most.
     * @return whether it is done, in whatever way.
     * @throws InterruptedException when the run is being ended.
     */
    boolean await(Future<?> future, long timeoutNs) throws InterruptedException;
}
