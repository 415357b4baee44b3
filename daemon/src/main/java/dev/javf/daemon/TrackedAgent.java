package dev.javf.daemon;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/** An agent whose stalls are tracked. The clock is read in one of 16 duty cycles, to be cheap. */
final class TrackedAgent implements Agent {
    private static final int CYCLES_MASK = 15;

    private final Agent agent;
    private final NanoClock clock;
    private final StallTracker tracker;
    private int cycles;

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
        if ((cycles++ & CYCLES_MASK) == 0) {
            tracker.measure(clock.nanoTime());
        }
        return agent.doWork();
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
