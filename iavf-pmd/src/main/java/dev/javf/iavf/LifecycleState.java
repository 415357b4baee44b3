package dev.javf.iavf;

/**
 * Where a VF is between not being there and moving packets. {@link Lifecycle} says how it gets from
 * one state to another.
 */
public enum LifecycleState {
    /** Not opened yet, or closed in order: nothing is mapped, nothing is asked for. */
    CLOSED,

    /** A function-level reset was started; the VF is not ready for messages yet. */
    OPENING,

    /** Version, resources and capabilities are being asked for. */
    NEGOTIATING,

    /** Offloads, MAC and VLAN filters and promiscuity are being set. */
    CONFIGURING,

    /** All is set, the queues are stopped. Filters can be changed. */
    DOWN,

    /** Buffers are being posted, queues configured and enabled. */
    STARTING,

    /** Packets flow. */
    UP,

    /** The queues are being taken from their poller and stopped. */
    STOPPING,

    /** A reset is going on, the PF's or our own; queues come back, then all is set again. */
    RESETTING,

    /** Something went wrong. Nothing is done but a reset, at once or after a pause. */
    NEEDS_RESET,

    /** Queues are being stopped and the device is being let go. */
    CLOSING,

    /** Nothing answers on the bus any more. Only closing is left. */
    REMOVED
}
