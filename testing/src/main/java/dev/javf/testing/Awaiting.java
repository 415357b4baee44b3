package dev.javf.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Waits for what another process or thread does, and for no time: a test passes as soon as it can
 * be, and fails, saying what there was instead, only when nothing can be expected any more.
 */
public final class Awaiting {
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(2);
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private Awaiting() {}

    /**
     * What is asked for.
     *
     * @param <T> of the answer.
     * @param <X> what asking may throw; nothing that needs a clause, mostly.
     */
    @FunctionalInterface
    public interface Question<T, X extends Exception> {
        /**
         * Asks.
         *
         * @return what there is now.
         * @throws X as said where it is asked.
         */
        T ask() throws X;
    }

    /**
     * Asks until the answer is right.
     *
     * @param <T> what is asked for.
     * @param <X> what the question throws.
     * @param what is expected, for the message.
     * @param question asked again and again.
     * @param isRight whether to wait no longer.
     * @return the right answer.
     * @throws AssertionError when it isn't right after two minutes.
     * @throws X as the question does.
     */
    public static <T, X extends Exception> T until(
            final String what, final Question<T, X> question, final Predicate<? super T> isRight)
            throws X {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        T answer = question.ask();
        while (!isRight.test(answer)) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("waited for " + what + ", and there is " + answer);
            }
            LockSupport.parkNanos(PAUSE_NS);
            answer = question.ask();
        }
        return answer;
    }

    /**
     * Asks until it is so.
     *
     * @param <X> what the condition throws.
     * @param what is expected, for the message.
     * @param condition asked again and again.
     * @throws AssertionError when it isn't so after two minutes.
     * @throws X as the condition does.
     */
    public static <X extends Exception> void until(
            final String what, final Question<Boolean, X> condition) throws X {
        until(what, condition, isSo -> isSo);
    }
}
