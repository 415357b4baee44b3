package dev.javf.iavf;

/** What a VF's driver counts, besides the messages of each operation. */
public enum DriverCounter {
    /** Messages sent to the PF. */
    MESSAGES_SENT(330, "messages sent to the PF"),

    /** Messages that came from the PF, events included. */
    MESSAGES_RECEIVED(331, "messages received from the PF"),

    /** Answers that carried an error. */
    ERROR_ANSWERS(332, "answers with an error"),

    /** Requests whose answer stayed out. */
    TIMEOUTS(333, "requests without an answer in time"),

    /** Requests in flight that a reset made void. */
    ABANDONED(334, "requests that a reset made void"),

    /** Answers that nothing in this reset epoch asked for. */
    STALE_ANSWERS(335, "answers that nothing had asked for"),

    /** Messages whose bytes contradict their operation. */
    MALFORMED_MESSAGES(336, "malformed messages from the PF"),

    /** Messages with an operation that virtchnl doesn't have. */
    UNKNOWN_OPCODES(337, "messages from the PF with an unknown operation"),

    /** Mailbox descriptors that held no message. */
    GARBAGE_DESCRIPTORS(338, "mailbox descriptors without a message"),

    /** Events of a kind that the driver doesn't act upon. */
    UNKNOWN_EVENTS(339, "events of an unknown kind"),

    /** Error bits seen in the mailbox registers. */
    MAILBOX_ERRORS(340, "errors reported by the mailbox"),

    /** Resets that the PF announced. */
    RESETS_ANNOUNCED(341, "resets announced by the PF"),

    /** Announcements that no reset followed. */
    STALE_ANNOUNCEMENTS(342, "announced resets that never came"),

    /** Times that there were too many resets in too short a time. */
    RESET_STORMS(343, "reset storms"),

    /** Failures that took the VF to {@link LifecycleState#NEEDS_RESET}. */
    FAILURES(344, "failures that needed a reset"),

    /** Events that the lifecycle's table doesn't have. */
    LIFECYCLE_VIOLATIONS(345, "lifecycle violations");

    private final int typeId;
    private final String label;

    DriverCounter(final int typeId, final String label) {
        this.typeId = typeId;
        this.label = label;
    }

    /** What is counted, in words. */
    public String label() {
        return label;
    }

    /** The number of its type in the counters file; it never means another one. */
    int typeId() {
        return typeId;
    }
}
