package dev.javf.bench.control;

import dev.javf.virtchnl.VlanSet;

/** A driver of one virtual function, as the benchmarks need it. One thread. */
interface Contestant {
    /**
     * The duty cycle.
     *
     * @param nowNs the time.
     * @return how much was done.
     */
    int doWork(long nowNs);

    /** Wants VLANs, all at the same moment. */
    void addVlans(VlanSet vlans);

    /** Wants VLANs no longer. */
    void removeVlans(VlanSet vlans);

    /** Wants packets to flow; it must be down. */
    void up();

    /** Wants packets to stop; it must be up. */
    void down();

    /** Whether packets flow, as far as it knows, and no reset is going on. */
    boolean isUp();

    /** Whether it is down. */
    boolean isDown();

    /** Whether it has nothing to tell the PF and no answer is awaited. */
    boolean isSettled();
}
