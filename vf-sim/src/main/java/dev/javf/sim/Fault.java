package dev.javf.sim;

/** Something that goes wrong with one message of a VF. */
public sealed interface Fault {
    /** The request never reaches the PF's driver. */
    record LoseRequest() implements Fault {}

    /** The PF does what was asked for, but its answer is lost. */
    record LoseAnswer() implements Fault {}

    /**
     * The request reaches the PF's driver late; later ones overtake it.
     *
     * @param delayNs by how much, on top of the mailbox's delay.
     */
    record DelayRequest(long delayNs) implements Fault {}

    /**
     * The answer is late; later ones overtake it.
     *
     * @param delayNs by how much, on top of the mailbox's delay.
     * @param survivesReset whether a reset of the VF in between doesn't stop it.
     */
    record DelayAnswer(long delayNs, boolean survivesReset) implements Fault {}

    /**
     * The answer comes twice.
     *
     * @param gapNs how long after the first.
     */
    record DuplicateAnswer(long gapNs) implements Fault {}

    /**
     * The PF does nothing and says so.
     *
     * @param status what it answers, as a number: any is allowed.
     */
    record Fail(int status) implements Fault {}

    /**
     * The firmware refuses one rule of the message; what was done before stays.
     *
     * @param element which, from 0.
     */
    record FailElement(int element) implements Fault {}

    /** The PF says SUCCESS and has done nothing. */
    record Pretend() implements Fault {}

    /**
     * The VF is reset while the PF works on the message.
     *
     * @param kind how.
     * @param point when.
     */
    record Reset(ResetKind kind, Point point) implements Fault {}

    /**
     * After the answer an event comes that tells nothing true.
     *
     * @param isResetImpending RESET_IMPENDING, without any reset; else LINK_CHANGE, with the link's
     *     opposite.
     * @param delayNs how long after the answer.
     */
    record StaleEvent(boolean isResetImpending, long delayNs) implements Fault {}

    /** When a reset comes, seen from a message. */
    enum Point {
        /** Before the PF's driver has looked at it; it does so after the reset. */
        BEFORE_WORK,

        /** When everything is done: the answer is not sent any more. */
        BEFORE_ANSWER,

        /** When the answer has arrived. */
        AFTER_ANSWER
    }
}
