package dev.javf.bench.control;

import dev.javf.linux.CpuAffinity;
import dev.javf.sim.SimulatedDelays;
import dev.javf.virtchnl.VlanSet;

import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * A control plane that is asked for VLANs all the time, in a thread of its own: one is added, one
 * is removed, each request until the simulated PF has confirmed it. It allocates as the daemon's
 * conductor does, in the same heap.
 */
public final class ControlLoad implements AutoCloseable {
    private static final long STEP_NS = 5_000;
    private static final long NAP_NS = 20_000;
    private static final int VLANS = 4094;
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Thread thread;
    private final long intervalNs;
    private volatile boolean isOn;
    private volatile boolean isClosed;
    private volatile long requests;
    private volatile long allocatedBytes;

    /**
     * Starts the thread, which does nothing yet.
     *
     * @param cpu the processor that it is kept on.
     * @param requestsPerSecond 1 to 1,000,000, while it is on.
     */
    public ControlLoad(final int cpu, final int requestsPerSecond) {
        intervalNs = 1_000_000_000 / requestsPerSecond;
        thread =
                new Thread(
                        () -> {
                            CpuAffinity.pin(cpu);
                            run();
                        },
                        "control");
        thread.setDaemon(true);
        thread.start();
    }

    /** Begins or stops to ask. */
    public void on(final boolean on) {
        isOn = on;
    }

    /** Requests that were confirmed. */
    public long requests() {
        return requests;
    }

    /** What its thread has allocated for them, in bytes. */
    public long allocatedBytes() {
        return allocatedBytes;
    }

    private void run() {
        try (ControlRig rig = new ControlRig(Rule.JAVF, SimulatedDelays.NONE, STEP_NS, false)) {
            final long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
            long nextNs = 0;
            int vlan = 0;
            while (!isClosed) {
                final long nowNs = System.nanoTime();
                if (!isOn) {
                    LockSupport.parkNanos(NAP_NS);
                    nextNs = System.nanoTime();
                } else if (nowNs - nextNs < 0) {
                    LockSupport.parkNanos(NAP_NS);
                } else {
                    // An even number of requests leaves no VLAN.
                    final VlanSet one = VlanSet.of(1 + vlan / 2 % VLANS);
                    if (vlan % 2 == 0) {
                        rig.contestant().addVlans(one);
                    } else {
                        rig.contestant().removeVlans(one);
                    }
                    vlan++;
                    final int held = vlan % 2;
                    rig.runUntil(() -> rig.isComplete(held));
                    nextNs += intervalNs;
                    requests = vlan;
                    allocatedBytes = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
                }
            }
        }
    }

    @Override
    public void close() {
        isClosed = true;
        try {
            thread.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
