package dev.javf.iavf;

/** What a VF's driver counts, besides the messages of each operation. */
public enum DriverCounter {
    /** Messages sent to the PF. */
    MESSAGES_SENT("messages sent to the PF"),

    /** Messages that came from the PF, events included. */
    MESSAGES_RECEIVED("messages received from the PF"),

    /** Answers that carried an error. */
    ERROR_ANSWERS("answers with an error"),

    /** Requests whose answer stayed out. */
    TIMEOUTS("requests without an answer in time"),

    /** Requests in flight that a reset made void. */
    ABANDONED("requests that a reset made void"),

    /** Answers that nothing in this reset epoch asked for. */
    STALE_ANSWERS("answers that nothing had asked for"),

    /** Messages whose bytes contradict their operation. */
    MALFORMED_MESSAGES("malformed messages from the PF"),

    /** Messages with an operation that virtchnl doesn't have. */
    UNKNOWN_OPCODES("messages from the PF with an unknown operation"),

    /** Mailbox descriptors that held no message. */
    GARBAGE_DESCRIPTORS("mailbox descriptors without a message"),

    /** Events of a kind that the driver doesn't act upon. */
    UNKNOWN_EVENTS("events of an unknown kind"),

    /** Error bits seen in the mailbox registers. */
    MAILBOX_ERRORS("errors reported by the mailbox"),

    /** Resets that the PF announced. */
    RESETS_ANNOUNCED("resets announced by the PF"),

    /** Announcements that no reset followed. */
    STALE_ANNOUNCEMENTS("announced resets that never came"),

    /** Times that there were too many resets in too short a time. */
    RESET_STORMS("reset storms"),

    /** Failures that took the VF to {@link LifecycleState#NEEDS_RESET}. */
    FAILURES("failures that needed a reset"),

    /** Events that the lifecycle's table doesn't have. */
    LIFECYCLE_VIOLATIONS("lifecycle violations");

    private final String label;

    DriverCounter(final String label) {
        this.label = label;
    }

    /** What is counted, in words. */
    public String label() {
        return label;
    }
}
