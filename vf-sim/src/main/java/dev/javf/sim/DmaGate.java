package dev.javf.sim;

/**
 * Keeps the model's duty cycles and a function-level reset apart: the reset comes on the driver's
 * thread, and once it returns the device must touch none of the driver's memory. So it waits for
 * the end of a cycle in progress; the next one finds bus mastering off. One for all VFs of a PF, as
 * one VF's frames are written to another's memory.
 */
final class DmaGate {
    /** Odd during a cycle. */
    private volatile long cycle;

    private long count;
    private long threadId;

    /** Model: a duty cycle begins. */
    void enter() {
        threadId = Thread.currentThread().threadId();
        cycle = ++count;
    }

    /** Model: it ends. */
    void exit() {
        cycle = ++count;
    }

    /** Driver: waits for the end of the cycle in progress, if there is one on another thread. */
    void awaitEndOfCycle() {
        final long seen = cycle;
        if ((seen & 1) == 0 || threadId == Thread.currentThread().threadId()) {
            return;
        }
        while (cycle == seen) {
            Thread.onSpinWait();
        }
    }
}
