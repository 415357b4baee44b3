package dev.javf.sim;

/** What a VF's queues need of the function they belong to. Called by the switch's thread. */
public interface VfHost {
    /** Whether the driver lets the function start DMA and interrupts; asked once per duty cycle. */
    boolean isBusMaster();

    /**
     * Raises an interrupt.
     *
     * @param vector the MSI-X vector, 1 or more.
     */
    void interrupt(int vector);
}
