package dev.javf.sim.program;

import dev.javf.linux.Epoll;

import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What the simulator's thread does when there is nothing to do: first it looks again at once, then
 * after short naps, and at last it sleeps until a socket has something, or until it is time to look
 * at the doorbells, which drivers ring in memory and without a word. For one thread.
 */
final class SimulatorIdleStrategy implements IdleStrategy {
    private static final int SPINS = 100;
    private static final long NAP_NS = 20_000;

    /** As long as anybody has been busy lately, an answer is worth more than the processor. */
    private static final long NAPS_FOR_NS = 5_000_000;

    private static final int LOOK_AT_DOORBELLS_MS = 1;
    private static final int QUIET_MS = 100;

    private final Epoll epoll;
    private final BooleanSupplier isQuiet;
    private final NanoClock clock;
    private int idleCount;
    private long idleSinceNs;

    /**
     * A strategy.
     *
     * @param epoll watches all sockets.
     * @param isQuiet whether nothing can happen before a socket has something.
     * @param clock tells how long nothing has happened.
     */
    SimulatorIdleStrategy(final Epoll epoll, final BooleanSupplier isQuiet, final NanoClock clock) {
        this.epoll = epoll;
        this.isQuiet = isQuiet;
        this.clock = clock;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (idleCount < SPINS) {
            if (idleCount++ == 0) {
                idleSinceNs = clock.nanoTime();
            }
            Thread.onSpinWait();
        } else if (clock.nanoTime() - idleSinceNs < NAPS_FOR_NS) {
            LockSupport.parkNanos(NAP_NS);
        } else {
            epoll.poll(isQuiet.getAsBoolean() ? QUIET_MS : LOOK_AT_DOORBELLS_MS);
        }
    }

    @Override
    public void reset() {
        idleCount = 0;
    }
}
