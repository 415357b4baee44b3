package dev.javf.sim;

import java.lang.foreign.MemorySegment;

/**
 * Sees everything that passes between a PF and its VFs. Called on the model's thread, in the order
 * in which things happen; the bodies are read-only copies.
 */
public interface SimulationObserver {
    /** Sees nothing. */
    SimulationObserver NONE = new SimulationObserver() {};

    /**
     * The PF's driver begins to work on a message.
     *
     * @param timeNs when.
     * @param virtualFunction who sent it.
     * @param opcode the operation, any number.
     * @param body what it says.
     */
    default void onRequest(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final MemorySegment body) {}

    /**
     * A message is in the VF's receive queue.
     *
     * @param timeNs when.
     * @param virtualFunction who gets it.
     * @param opcode the operation.
     * @param status of an answer.
     * @param body what it says.
     */
    default void onAnswer(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final int status,
            final MemorySegment body) {}

    /**
     * A message is lost on its way.
     *
     * @param timeNs when.
     * @param virtualFunction whose.
     * @param opcode the operation.
     * @param reason why, for people.
     */
    default void onLost(
            final long timeNs, final int virtualFunction, final int opcode, final String reason) {}

    /**
     * A VF's phase changes.
     *
     * @param timeNs when.
     * @param virtualFunction which.
     * @param phase the new one.
     */
    default void onPhase(final long timeNs, final int virtualFunction, final VfPhase phase) {}

    /**
     * The fault plan wants something to go wrong with a message.
     *
     * @param timeNs when.
     * @param virtualFunction for whom.
     * @param opcode of the message.
     * @param fault what.
     */
    default void onFault(
            final long timeNs, final int virtualFunction, final int opcode, final Fault fault) {}
}
