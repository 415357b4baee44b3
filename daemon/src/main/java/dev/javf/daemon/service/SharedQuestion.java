package dev.javf.daemon.service;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * A question to another thread that many may have: who asks before that thread looks gets the same
 * answer. So however many ask, one question waits for that thread, and each answer is of a moment
 * after it was asked for. Any thread may ask.
 *
 * @param <T> the answer.
 */
final class SharedQuestion<T> {
    private final Function<Runnable, CompletableFuture<T>> question;
    private final AtomicReference<@Nullable CompletableFuture<T>> waiting = new AtomicReference<>();

    /**
     * A question that nobody has asked.
     *
     * @param question asks; what it is given is to be run just before the other thread looks.
     */
    SharedQuestion(final Function<Runnable, CompletableFuture<T>> question) {
        this.question = question;
    }

    /**
     * Asks.
     *
     * @return completes as the question does.
     * @throws IllegalStateException when it can't be asked.
     */
    CompletableFuture<T> ask() {
        final CompletableFuture<T> own = new CompletableFuture<>();
        while (!waiting.compareAndSet(null, own)) {
            final CompletableFuture<T> asked = waiting.get();
            if (asked != null) {
                return asked;
            }
        }
        try {
            final var _ =
                    question.apply(() -> waiting.set(null))
                            .whenComplete((answer, error) -> complete(own, answer, error));
        } catch (final IllegalStateException e) {
            complete(own, null, e);
            throw e;
        }
        return own;
    }

    private void complete(
            final CompletableFuture<T> own,
            final @Nullable T answer,
            final @Nullable Throwable error) {
        // If it couldn't be looked, the next one asks anew.
        waiting.compareAndSet(own, null);
        if (answer == null) {
            own.completeExceptionally(
                    error == null ? new IllegalStateException("no answer") : error);
        } else {
            own.complete(answer);
        }
    }
}
