package dev.javf.daemon;

import dev.javf.linux.ThreadCpuTime;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * An agent whose stalls are tracked, and the time of one in 16 duty cycles: to be cheap, the clock
 * is read around that one only. A poller that has slept beats when it wakes up, whichever cycle
 * that is. Of the conductor the time that it had a CPU is recorded as well.
 */
final class TrackedAgent implements Agent {
    private static final int CYCLES_MASK = 15;

    /** How often a poller's levels are published, at the most. */
    private static final long LEVELS_PERIOD_NS = 10_000_000;

    private final Agent agent;
    private final NanoClock clock;
    private final StallTracker tracker;
    private final @Nullable Poller poller;

    /** What the thread itself has used; null where reading it would cost too much. */
    private final @Nullable ThreadCpuTime cpuTime;

    private long publishedNs;
    private int cycles;

    TrackedAgent(final Agent agent, final NanoClock clock, final StallTracker tracker) {
        this.agent = agent;
        poller = agent instanceof final Poller levelled ? levelled : null;
        cpuTime = agent instanceof Conductor ? new ThreadCpuTime() : null;
        publishedNs = clock.nanoTime() - LEVELS_PERIOD_NS;
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
        final boolean hasSlept = poller != null && poller.takeSlept();
        return (cycles++ & CYCLES_MASK) == 0 || hasSlept ? measured(hasSlept) : agent.doWork();
    }

    private int measured(final boolean hasSlept) throws Exception {
        final long beginNs = clock.nanoTime();
        if (hasSlept) {
            tracker.awake(beginNs);
        } else {
            tracker.measure(beginNs);
        }
        if (poller != null && beginNs - publishedNs >= LEVELS_PERIOD_NS) {
            publishedNs = beginNs;
            poller.publishLevels();
        }
        final long cpuBeginNs = cpuTime == null ? 0 : cpuTime.nanoTime();
        final int work = agent.doWork();
        tracker.took(clock.nanoTime() - beginNs, work);
        if (cpuTime != null) {
            tracker.used(cpuTime.nanoTime() - cpuBeginNs);
        }
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
