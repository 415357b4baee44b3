package dev.javf.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which VFs the model has to look at: one bit for each, set by whoever rang a doorbell, so that a
 * duty cycle costs nothing for VFs that are idle. Any thread sets; the model's takes.
 */
final class Attention {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;

    Attention(final int virtualFunctions) {
        words = new long[(virtualFunctions + Long.SIZE - 1) / Long.SIZE];
    }

    int words() {
        return words.length;
    }

    void set(final int virtualFunction) {
        WORD.getAndBitwiseOr(words, virtualFunction >>> 6, 1L << virtualFunction);
    }

    /** Whether any VF wants some. */
    boolean isAny() {
        for (int word = 0; word < words.length; word++) {
            if ((long) WORD.getVolatile(words, word) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Takes sixty-four VFs' bits, and with them all that their setters did before. */
    long take(final int word) {
        return (long) WORD.getVolatile(words, word) == 0
                ? 0
                : (long) WORD.getAndSet(words, word, 0L);
    }
}
