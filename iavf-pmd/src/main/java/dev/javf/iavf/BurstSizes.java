package dev.javf.iavf;

/**
 * How large bursts are, in buckets of powers of two: 1, 2 to 3, 4 to 7, and so on. One counter is
 * added to for each burst.
 */
public final class BurstSizes {
    /** Buckets. */
    public static final int COUNT = 8;

    /** The smallest burst of the last bucket. */
    public static final int LARGE = 1 << (COUNT - 1);

    private BurstSizes() {}

    /** Which bucket a burst belongs to; it has at least one packet. */
    static int bucket(final int size) {
        return Math.min(COUNT - 1, 31 - Integer.numberOfLeadingZeros(size));
    }
}
