package dev.javf.iavf;

/**
 * The device's clock, as the PF told it last. Timestamps in descriptors have the low 32 bits of it,
 * which go round in 4.3 seconds; the rest is that of the time that was told, if it is no further
 * away than half of that. The conductor writes, pollers read.
 */
final class DeviceClock {
    /** {@link #lastNs} before the PF has told any. */
    static final long UNKNOWN = Long.MIN_VALUE;

    private volatile long lastNs = UNKNOWN;

    /** What the PF told last, in nanoseconds; {@link #UNKNOWN} if nothing. */
    long lastNs() {
        return lastNs;
    }

    void lastNs(final long timeNs) {
        lastNs = timeNs;
    }

    /** The time nearest to another one that has these low bits. */
    static long extend(final long nearNs, final int lowBits) {
        return nearNs + (lowBits - (int) nearNs);
    }
}
