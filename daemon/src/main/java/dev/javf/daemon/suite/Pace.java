package dev.javf.daemon.suite;

import dev.javf.daemon.Javfd;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import java.util.concurrent.Future;

/** How a run passes its time: with the clock on the wall, or with one of its own. */
interface Pace {
    /**
     * Sets the clocks, and whether there are threads.
     *
     * @param simulator not concluded.
     * @param daemon not concluded.
     */
    void configure(SimulatedPhysicalFunctionContext simulator, Javfd.Context daemon);

    /**
     * The daemon has been launched.
     *
     * @param daemon what has to work while time passes.
     */
    void attach(Javfd daemon);

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
