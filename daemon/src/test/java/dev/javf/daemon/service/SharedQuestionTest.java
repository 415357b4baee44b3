package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

class SharedQuestionTest {
    private final Queue<Runnable> asked = new ArrayDeque<>();
    private int looked;

    private final SharedQuestion<Integer> question = new SharedQuestion<>(this::put);

    private CompletableFuture<Integer> put(final Runnable beforeLooking) {
        final CompletableFuture<Integer> future = new CompletableFuture<>();
        asked.add(() -> {
            beforeLooking.run();
            future.complete(++looked);
        });
        return future;
    }

    @Test
    void shouldBeAskedOnceForAllWhoAskBeforeTheAnswer() {
        final List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(question.ask());
        }
        assertThat(asked).hasSize(1);
        asked.remove().run();
        assertThat(answers).allSatisfy(answer -> assertThat(answer).isCompletedWithValue(1));
    }

    @Test
    void shouldBeAskedAgainByWhoComesWhileItIsAnswered() {
        final CompletableFuture<Integer> first = question.ask();
        final List<CompletableFuture<Integer>> later = new ArrayList<>();
        final var _ = first.thenRun(() -> later.add(question.ask()));
        asked.remove().run();
        assertThat(later.getFirst()).isNotDone();
        asked.remove().run();
        assertThat(later.getFirst()).isCompletedWithValue(2);
        assertThat(first).isCompletedWithValue(1);
    }

    @Test
    void shouldBeAskedAnewAfterAFailure() {
        final List<CompletableFuture<Integer>> asked = new ArrayList<>();
        final SharedQuestion<Integer> failing =
                new SharedQuestion<>(beforeLooking -> {
                    asked.add(new CompletableFuture<>());
                    return asked.getLast();
                });
        final CompletableFuture<Integer> first = failing.ask();
        asked.getFirst().completeExceptionally(new IllegalStateException("not open"));
        assertThat(first).isCompletedExceptionally();
        final CompletableFuture<Integer> second = failing.ask();
        asked.getLast().complete(5);
        assertThat(second).isCompletedWithValue(5);
    }

    @Test
    void shouldTellAtOnceWhenItCantBeAsked() {
        final boolean[] isFull = {true};
        final SharedQuestion<Integer> refusing =
                new SharedQuestion<>(beforeLooking -> {
                    if (isFull[0]) {
                        throw new IllegalStateException("full");
                    }
                    return CompletableFuture.completedFuture(3);
                });
        assertThatThrownBy(refusing::ask).hasMessage("full");
        isFull[0] = false;
        assertThat(refusing.ask()).isCompletedWithValue(3);
    }
}
