package dev.javf.iavf;

import dev.javf.virtchnl.EthStatistics;

/**
 * Told what happens to a VF, on the conductor thread. Must return at once; it may make requests of
 * the VF.
 */
public interface VirtualFunctionListener {
    /**
     * The VF is in another state.
     *
     * @param virtualFunction which.
     * @param from the state before.
     * @param to the state now.
     * @param reason why, in words.
     */
    default void onStateChange(
            final VirtualFunction virtualFunction,
            final LifecycleState from,
            final LifecycleState to,
            final String reason) {}

    /**
     * The link went up or down, or has another speed. Without enabled queues a VF's link is down.
     *
     * @param virtualFunction which.
     * @param up whether frames can pass.
     * @param speedMbps megabits per second; 0 is unknown.
     */
    default void onLinkChange(
            final VirtualFunction virtualFunction, final boolean up, final int speedMbps) {}

    /**
     * The PF holds something else than is asked for. Told once, and again when it differs in
     * another way.
     *
     * @param virtualFunction which.
     * @param difference what, why, and the remedy where there is one.
     */
    default void onDifference(final VirtualFunction virtualFunction, final Difference difference) {}

    /**
     * Something goes on that someone should look into, such as a storm of resets. Said once when it
     * begins, not again while it lasts.
     *
     * @param virtualFunction which.
     * @param what one line, with the remedy where there is one.
     */
    default void onAlarm(final VirtualFunction virtualFunction, final String what) {}

    /**
     * The PF holds again what is asked for, or it isn't asked for any more.
     *
     * @param virtualFunction which.
     * @param difference as it was told.
     */
    default void onDifferenceResolved(
            final VirtualFunction virtualFunction, final Difference difference) {}

    /**
     * Something that people will want to know: what an administrator has changed for the VF at its
     * PF ("administrator changed ..."), or that the system wants the device back.
     *
     * @param virtualFunction which.
     * @param what one line.
     */
    default void onNotice(final VirtualFunction virtualFunction, final String what) {}

    /**
     * The PF's counters of the VF, once per period and after {@link
     * VirtualFunction#requestStatistics}. {@link VirtualFunction#pfStatistics} adds them up.
     *
     * @param virtualFunction which.
     * @param statistics since the VF's last reset.
     */
    default void onStatistics(
            final VirtualFunction virtualFunction, final EthStatistics statistics) {}
}
