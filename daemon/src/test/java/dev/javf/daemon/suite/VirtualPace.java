package dev.javf.daemon.suite;

import dev.javf.daemon.Javfd;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.Future;

/** One thread, and a clock that goes on whenever it is looked at: fast when nothing happens. */
final class VirtualPace implements Pace {
    private static final long BUSY_NS = 1_000;
    private static final long IDLE_NS = 20_000;

    private long nowNs = 1;
    private long stepNs = BUSY_NS;
    private @Nullable Javfd daemon;

    private long nanoTime() {
        nowNs += stepNs;
        return nowNs;
    }

    @Override
    public void configure(
            final SimulatedPhysicalFunctionContext simulator, final Javfd.Context context) {
        simulator.nanoClock(this::nanoTime);
        context.invoker(true).nanoClock(this::nanoTime);
    }

    @Override
    public void attach(final Javfd launched) {
        daemon = launched;
    }

    @Override
    public boolean await(final Future<?> future, final long timeoutNs) {
        if (daemon == null) {
            throw new IllegalStateException("nothing has been launched");
        }
        final long deadlineNs = nowNs + timeoutNs;
        while (!future.isDone() && nowNs - deadlineNs < 0) {
            stepNs = daemon.doWork() == 0 ? IDLE_NS : BUSY_NS;
        }
        return future.isDone();
    }
}
