package dev.javf.vfio;

/** What a door can say about the function behind it, apart from its registers. */
public enum PciDeviceCondition {
    /** Nothing to report. */
    PRESENT,
    /**
     * The function's owner wants it back, as when it is being unbound from vfio-pci. The kernel
     * blocks until it is closed, so close it soon, and keep away from its files in sysfs until
     * then.
     */
    RELEASE_REQUESTED,
    /** The function has reported an error that only a reset ends (PCI Express AER). */
    ERROR,
    /** It is gone: registers read as all ones, writes are lost, and only closing is left. */
    GONE
}
