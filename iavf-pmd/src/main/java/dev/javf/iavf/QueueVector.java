package dev.javf.iavf;

import dev.javf.linux.EventFd;

/**
 * An interrupt vector of queues (VFINT_DYN_CTLN1). It writes descriptors back as long as they are
 * polled, and interrupts nobody; armed it interrupts once, when the next descriptor is done. So who
 * wants to sleep has it armed, <em>looks at the queues once more</em>, and sleeps only if there is
 * nothing: what was done before may interrupt nobody, what is done afterwards does.
 *
 * <p>INTENA clears itself with the interrupt and WB_ON_ITR stays, so polling goes on without
 * another write.
 */
public final class QueueVector {
    private final Registers registers;
    private final int register;
    private final int armed;
    private final EventFd eventFd;
    private boolean closed;

    QueueVector(
            final Registers registers, final int register, final int armed, final EventFd eventFd) {
        this.registers = registers;
        this.register = register;
        this.armed = armed;
        this.eventFd = eventFd;
    }

    /** Interrupts once. On the conductor's thread; without effect when the VF is closed. */
    public void arm() {
        if (!closed) {
            registers.writeUnrecorded(register, armed);
        }
    }

    /** What the interrupt signals, for the poller to wait for and to drain. It stays the VF's. */
    public EventFd eventFd() {
        return eventFd;
    }

    void close() {
        closed = true;
        eventFd.close();
    }
}
