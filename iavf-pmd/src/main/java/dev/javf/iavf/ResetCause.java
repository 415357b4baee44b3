package dev.javf.iavf;

/** Why a VF was reset. */
public enum ResetCause {
    /** By us, at opening: what a previous user left behind must not matter. */
    OPENED("function-level reset at opening"),

    /** By the PF, which had said so (RESET_IMPENDING). */
    ANNOUNCED("reset by the PF, announced"),

    /** By the PF or the system, without a word: the mailbox was found disabled. */
    SILENT("reset without announcement"),

    /** Nothing answered on the bus. */
    NO_ANSWER("no answer on the bus"),

    /** By us, by asking the PF (RESET_VF). */
    VF_RESET("VF reset by the driver"),

    /** By us, through PCI Express. */
    FUNCTION_LEVEL_RESET("function-level reset by the driver");

    private final String label;

    ResetCause(final String label) {
        this.label = label;
    }

    /** The cause in words. */
    public String label() {
        return label;
    }
}
