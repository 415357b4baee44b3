package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

/**
 * A request on its way. Either a handler or a correlator is told of its end.
 *
 * @param opcode its operation.
 * @param sentNs when it was sent, if someone measures round trips.
 * @param deadlineNs when its answer is overdue.
 * @param handler told of its answer; null with a correlator.
 * @param correlator told of all answers to the operation; null with a handler.
 * @param token what the correlator calls it.
 */
record Exchange(
        Opcode opcode,
        long sentNs,
        long deadlineNs,
        @Nullable AnswerHandler handler,
        @Nullable ExchangeCorrelator correlator,
        long token) {}
