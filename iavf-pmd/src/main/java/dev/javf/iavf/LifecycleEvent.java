package dev.javf.iavf;

/** What moves a VF from one {@link LifecycleState} to another. */
public enum LifecycleEvent {
    /** The owner wants the VF. */
    OPEN,

    /** The reset is over, the mailbox works, the queues are in our hands. */
    READY,

    /** The PF has said what it grants. */
    NEGOTIATED,

    /** The PF has answered for the offloads, and all filters are on their way to it. */
    CONFIGURED,

    /** The owner wants packets. */
    START,

    /** The PF has enabled the queues. */
    STARTED,

    /** The owner wants no packets. */
    STOP,

    /** The PF has disabled the queues. */
    STOPPED,

    /** The registers show a reset that we didn't ask for. */
    RESET_SEEN,

    /** An answer stayed out or was an error that nothing but a reset mends. */
    FAILED,

    /** We start a reset. */
    RESET,

    /** Nothing has answered on the bus for too long. */
    GONE,

    /** The owner doesn't want the VF any more. */
    CLOSE,

    /** The device has stopped and all memory is unmapped. */
    CLOSED
}
