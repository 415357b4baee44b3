package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;

import java.util.function.Supplier;

/**
 * Told of every message between VF and PF, on the conductor thread. A line is made only for a
 * listener that gets it, and only during the call.
 */
public interface ExchangeListener {
    /**
     * A message has been sent.
     *
     * @param opcode its operation.
     * @param line gives such as {@code VF>PF ADD_VLAN_V2 vport 1: outer 8100 vlans 100-107 (8
     *     filters, 264 B)}.
     */
    void onSent(Opcode opcode, Supplier<String> line);

    /**
     * A message that was just sent adds or deletes VLAN filters.
     *
     * @param opcode its operation.
     * @param count how many.
     */
    default void onFilters(final Opcode opcode, final int count) {}

    /**
     * The PF has answered.
     *
     * @param opcode the operation.
     * @param status as in {@link dev.javf.virtchnl.Status}.
     * @param roundTripNs from sending the request to taking the answer.
     * @param line gives the answer in one line.
     */
    void onAnswered(Opcode opcode, int status, long roundTripNs, Supplier<String> line);

    /**
     * Something came that nobody had asked for: an event, or an answer without its request.
     *
     * @param line gives the message in one line.
     */
    void onUnasked(Supplier<String> line);

    /**
     * A request has had no answer in time.
     *
     * @param opcode the operation.
     * @param waitedNs since it was sent.
     */
    void onTimeout(Opcode opcode, long waitedNs);
}
