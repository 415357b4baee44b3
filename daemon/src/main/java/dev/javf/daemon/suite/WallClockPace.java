package dev.javf.daemon.suite;

import dev.javf.daemon.Javfd;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The daemon's and the simulator's own threads, and the system's clock. */
final class WallClockPace implements Pace {
    @Override
    public void configure(
            final SimulatedPhysicalFunctionContext simulator, final Javfd.Context daemon) {
        daemon.invoker(false);
    }

    @Override
    public void attach(final Javfd daemon) {
        // Its threads need nobody.
    }

    @Override
    public boolean await(final Future<?> future, final long timeoutNs) throws InterruptedException {
        try {
            future.get(timeoutNs, TimeUnit.NANOSECONDS);
            return true;
        } catch (final TimeoutException e) {
            return false;
        } catch (final ExecutionException | CancellationException e) {
            return true;
        }
    }
}
