package dev.javf.daemon.suite;

import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.Future;

/**
 * One thread, and a clock that goes on whenever it is looked at, and with every round of all duty
 * cycles: fast when nothing happens.
 */
final class VirtualPace implements Pace {
    private static final long BUSY_NS = 1_000;
    private static final long IDLE_NS = 20_000;

    /** What a round over thousands of ports takes a real machine, or a little less. */
    private static final long ROUND_NS = 20_000;

    private long nowNs = 1;
    private long stepNs = BUSY_NS;
    private @Nullable SuiteDriver driver;

    @Override
    public NanoClock clock() {
        return () -> {
            nowNs += stepNs;
            return nowNs;
        };
    }

    @Override
    public boolean isThreaded() {
        return false;
    }

    @Override
    public void attach(final SuiteDriver launched) {
        driver = launched;
    }

    @Override
    public boolean await(final Future<?> future, final long timeoutNs) throws InterruptedException {
        if (driver == null) {
            throw new IllegalStateException("nothing has been launched");
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        final long deadlineNs = nowNs + timeoutNs;
        while (!future.isDone() && nowNs - deadlineNs < 0) {
            stepNs = driver.doWork() == 0 ? IDLE_NS : BUSY_NS;
            nowNs += ROUND_NS;
        }
        return future.isDone();
    }
}
