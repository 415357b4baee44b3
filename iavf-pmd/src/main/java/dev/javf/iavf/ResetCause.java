package dev.javf.iavf;

/** Why a VF was reset. */
public enum ResetCause {
    /** By us, at opening: what a previous user left behind must not matter. */
    OPENED(310, "function-level reset at opening"),

    /** By the PF, which had said so (RESET_IMPENDING). */
    ANNOUNCED(311, "reset by the PF, announced"),

    /** By the PF or the system, without a word: the mailbox was found disabled. */
    SILENT(312, "reset without announcement"),

    /** Nothing answered on the bus. */
    NO_ANSWER(313, "no answer on the bus"),

    /** By us, by asking the PF (RESET_VF). */
    VF_RESET(314, "VF reset by the driver"),

    /** By us, through PCI Express. */
    FUNCTION_LEVEL_RESET(315, "function-level reset by the driver");

    private final int typeId;
    private final String label;

    ResetCause(final int typeId, final String label) {
        this.typeId = typeId;
        this.label = label;
    }

    /** The cause in words. */
    public String label() {
        return label;
    }

    /** The number of its type in the counters file; it never means another one. */
    int typeId() {
        return typeId;
    }
}
