package dev.javf.sim;

/** A piece of the PF driver's work, done in steps. */
interface Job {
    /** For {@link #step}: the job is done. No time of any clock. */
    long DONE = Long.MIN_VALUE;

    /**
     * Takes the next step.
     *
     * @param nowNs when.
     * @return when the following step is, not before {@code nowNs}; or {@link #DONE}.
     */
    long step(long nowNs);
}
