package dev.javf.virtio;

/** What a virtio device needs of the door that shows it. Called on the device's thread. */
public interface DeviceHost {
    /**
     * Interrupts the driver because of a queue.
     *
     * @param queue its index.
     */
    void interrupt(int queue);

    /** Whether the device may reach the driver's memory and interrupt it: bus mastering is on. */
    boolean mayAccessMemory();

    /** The configuration that the driver reads has changed. */
    void configurationChanged();

    /**
     * The driver has done what it must not do, or the device has failed; only a reset helps.
     *
     * @param reason for the operator.
     */
    void needsReset(String reason);
}
