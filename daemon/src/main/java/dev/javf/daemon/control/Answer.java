package dev.javf.daemon.control;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The answer to a request: what other threads have to say for it, and how it is made of that.
 * Nothing is chained to what they say, and it is the control thread that makes the answer: however
 * many clients wait for it, the thread that says it has no more to do.
 *
 * @param needs completed by any thread, exceptionally with a {@link ControlException} when it can't
 *     be done.
 * @param maker makes the answer when all of them are complete, on the control thread; may throw as
 *     they may.
 */
public record Answer(
        List<? extends CompletableFuture<?>> needs, Supplier<? extends JsonNode> maker) {
    /**
     * One that is known already.
     *
     * @param answer what is answered.
     * @return the answer.
     */
    public static Answer of(final JsonNode answer) {
        return new Answer(List.of(), () -> answer);
    }

    boolean isReady() {
        for (final CompletableFuture<?> need : needs) {
            if (!need.isDone()) {
                return false;
            }
        }
        return true;
    }

    /** What is answered, once it is ready. */
    JsonNode make() {
        needs.forEach(CompletableFuture::join);
        return maker.get();
    }
}
