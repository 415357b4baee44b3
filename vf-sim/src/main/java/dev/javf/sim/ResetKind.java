package dev.javf.sim;

/** What a VF is reset by, and what it is told beforehand. */
public enum ResetKind {
    /** The host's administrator, or a granted REQUEST_QUEUES: announced by RESET_IMPENDING. */
    NOTIFIED,

    /** The VF's own RESET_VF: not announced. */
    REQUESTED,

    /** A function-level reset: not announced, and the hardware's part is over already. */
    FUNCTION_LEVEL,

    /** A reset of the whole PF: announced to all its VFs. */
    PHYSICAL_FUNCTION,

    /** A reset of the whole PF that no VF is told of, as when its driver has crashed. */
    PHYSICAL_FUNCTION_SILENT
}
