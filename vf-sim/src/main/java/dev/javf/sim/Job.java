package dev.javf.sim;

/** A piece of the PF driver's work, done in steps. */
interface Job {
    /** For {@link #step}: the job is done. */
    long DONE = -1;

    /**
     * Takes the next step.
     *
     * @param nowNs when.
     * @return when the following step is, not before {@code nowNs}; or {@link #DONE}.
     */
    long step(long nowNs);
}
