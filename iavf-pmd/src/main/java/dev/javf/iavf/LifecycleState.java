package dev.javf.iavf;

/**
 * Where a VF is between not being there and moving packets. {@link Lifecycle} says how it gets from
 * one state to another.
 */
public enum LifecycleState {
    /** Not opened yet, or closed in order: nothing is mapped, nothing is asked for. */
    CLOSED(0),

    /** A function-level reset was started; the VF is not ready for messages yet. */
    OPENING(1),

    /** Version, resources and capabilities are being asked for. */
    NEGOTIATING(2),

    /** Offloads, MAC and VLAN filters and promiscuity are being set. */
    CONFIGURING(3),

    /** All is set, the queues are stopped. Filters can be changed. */
    DOWN(4),

    /** Buffers are being posted, queues configured and enabled. */
    STARTING(5),

    /** Packets flow. */
    UP(6),

    /** The queues are being taken from their poller and stopped. */
    STOPPING(7),

    /** A reset is going on, the PF's or our own; queues come back, then all is set again. */
    RESETTING(8),

    /** Something went wrong. Nothing is done but a reset, at once or after a pause. */
    NEEDS_RESET(9),

    /** Queues are being stopped and the device is being let go. */
    CLOSING(10),

    /** Nothing answers on the bus any more. Only closing is left. */
    REMOVED(11);

    private final int code;

    LifecycleState(final int code) {
        this.code = code;
    }

    /** The number that stands for it in the counters file; it never means another state. */
    public int code() {
        return code;
    }
}
