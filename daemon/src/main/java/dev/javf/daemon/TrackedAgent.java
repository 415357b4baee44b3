package dev.javf.daemon;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/** An agent whose duty cycles are tracked. One in 16 is timed, to be cheap. */
final class TrackedAgent implements Agent {
    private static final int CYCLES_MASK = 15;

    private final Agent agent;
    private final NanoClock clock;
    private final StallTracker tracker;
    private int cycles;
    private int busy;

    TrackedAgent(final Agent agent, final NanoClock clock, final StallTracker tracker) {
        this.agent = agent;
        this.clock = clock;
        this.tracker = tracker;
    }

    StallTracker tracker() {
        return tracker;
    }

    @Override
    public void onStart() {
        agent.onStart();
    }

    @Override
    public int doWork() throws Exception {
        if ((cycles++ & CYCLES_MASK) != 0) {
            final int work = agent.doWork();
            busy += work > 0 ? 1 : 0;
            return work;
        }
        final long startNs = clock.nanoTime();
        tracker.measure(startNs);
        final int work = agent.doWork();
        tracker.done(clock.nanoTime() - startNs, work > 0 ? busy + 1 : busy);
        busy = 0;
        return work;
    }

    @Override
    public void onClose() {
        agent.onClose();
    }

    @Override
    public String roleName() {
        return agent.roleName();
    }
}
