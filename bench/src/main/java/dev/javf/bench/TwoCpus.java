package dev.javf.bench;

import dev.javf.linux.CpuAffinity;

import java.util.BitSet;

/**
 * Two processors that a benchmark's threads are kept on.
 *
 * @param first of the thread that is measured.
 * @param second of the other one.
 */
public record TwoCpus(int first, int second) {
    /**
     * The first two that this process may use.
     *
     * @throws IllegalStateException when there is only one.
     */
    public static TwoCpus allowed() {
        final BitSet allowed = CpuAffinity.get();
        final int first = allowed.nextSetBit(0);
        final int second = allowed.nextSetBit(first + 1);
        if (second < 0) {
            throw new IllegalStateException(
                    "this benchmark needs two processors; this process may run on "
                            + allowed
                            + " (see taskset)");
        }
        return new TwoCpus(first, second);
    }
}
