package dev.javf.bench.forward;

/**
 * One contestant's turn.
 *
 * @param ns of a packet.
 * @param found packets that a poll found that found some.
 * @param bytes that the thread allocated for a packet.
 * @param beforeNs round trip of a cache line before it; 0 if not measured.
 * @param afterNs the same after it.
 */
record Sample(double ns, double found, double bytes, double beforeNs, double afterNs) {
    /** Of the round trips of one speed, which are never quite the same. */
    private static final double TOLERANCE = 1.15;

    /** Whether the processors exchanged cache lines at one speed all the time, as far as known. */
    boolean isSteady() {
        return Math.max(beforeNs, afterNs) <= TOLERANCE * Math.min(beforeNs, afterNs);
    }

    /** The round trip of a cache line around it. */
    double roundTripNs() {
        return (beforeNs + afterNs) / 2;
    }
}
