package dev.javf.iavf;

import dev.javf.virtchnl.Message;

import org.jspecify.annotations.Nullable;

/** Told what became of one request, exactly once, unless a reset makes the request void. */
interface AnswerHandler {
    /**
     * The PF has answered.
     *
     * @param status as in {@link dev.javf.virtchnl.Status}.
     * @param body what it said, or null for an answer without body.
     * @param nowNs the time.
     */
    void onAnswer(int status, @Nullable Message body, long nowNs);

    /**
     * The PF has not answered in time, or an earlier request of the same operation was left without
     * answer, so that nothing can be said about this one.
     *
     * @param nowNs the time.
     */
    void onTimeout(long nowNs);
}
