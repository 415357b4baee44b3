package dev.javf.daemon.suite;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The daemon's and the simulator's own threads, and the system's clock. */
final class WallClockPace implements Pace {
    @Override
    public NanoClock clock() {
        return SystemNanoClock.INSTANCE;
    }

    @Override
    public boolean isThreaded() {
        return true;
    }

    @Override
    public void attach(final SuiteDriver driver) {
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
