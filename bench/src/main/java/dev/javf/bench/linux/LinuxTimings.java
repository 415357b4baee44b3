package dev.javf.bench.linux;

/**
 * How long Linux' iavf driver waits for what, in nanoseconds, as published. Where the kernel says
 * "at least", the yardstick doesn't wait longer, so it is rather too fast than too slow.
 */
final class LinuxTimings {
    /** Until the next run of the watchdog while there is something to tell the PF. */
    static final long BUSY_NS = 20_000_000;

    /** The same when there is nothing. */
    static final long IDLE_NS = 2_000_000_000;

    /** Between the first steps of a probe. */
    static final long PROBE_NS = 30_000_000;

    /** Between the later steps of a probe. */
    static final long CAPABILITY_NS = 1_000_000;

    /** After a step of a probe that has failed. */
    static final long FAILED_NS = 1_000_000_000;

    /** Between looks at the reset status during a probe, and after a reset. */
    static final long STATUS_POLL_NS = 10_000_000;

    /** Between looks for the start of a reset: 5 to 10 ms. */
    static final long START_POLL_NS = 5_000_000;

    /** Looks for the start of a reset. */
    static final int START_POLLS = 500;

    /** Looks for the end of a reset. */
    static final int STATUS_POLLS = 2000;

    /** From the end of a reset until the watchdog runs: 2 jiffies, at 1000 a second. */
    static final long AFTER_RESET_NS = 2_000_000;

    /** How long going down waits for the PF. */
    static final long CLOSE_NS = 500_000_000;

    /** Between RESET_VF and letting the device go. */
    static final long REMOVE_NS = 50_000_000;

    private LinuxTimings() {}
}
