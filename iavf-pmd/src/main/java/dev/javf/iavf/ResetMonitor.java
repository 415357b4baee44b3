package dev.javf.iavf;

import org.jspecify.annotations.Nullable;

/**
 * Notices resets while the mailbox is in use. Every reset clears the mailbox's enable bit, which
 * nobody but the driver sets; so as long as it is set there was none since, whatever anyone
 * announces. An announcement only makes the monitor look at every duty cycle instead of every ten
 * milliseconds, and keeps requests back; when no reset follows it, it was stale, and all goes on.
 */
final class ResetMonitor {
    private final Registers registers;
    private final long pollIntervalNs;
    private final long announcementNs;
    private long nextPollNs;
    private long announcedUntilNs;
    private boolean announced;

    ResetMonitor(final Registers registers, final long pollIntervalNs, final long announcementNs) {
        this.registers = registers;
        this.pollIntervalNs = pollIntervalNs;
        this.announcementNs = announcementNs;
    }

    /** The mailbox has just been started. */
    void begin(final long nowNs) {
        announced = false;
        nextPollNs = nowNs;
    }

    /** The PF says that it is about to reset the VF. */
    void announce(final long nowNs) {
        announced = true;
        announcedUntilNs = nowNs + announcementNs;
    }

    /** Whether a reset is expected: no request should be sent. */
    boolean isAnnounced() {
        return announced;
    }

    /**
     * Ends an announcement that nothing has followed.
     *
     * @return whether there was one.
     */
    boolean expireAnnouncement(final long nowNs) {
        final boolean expired = announced && nowNs - announcedUntilNs >= 0;
        announced &= !expired;
        return expired;
    }

    /** Whether it is time to look. */
    boolean isDue(final long nowNs) {
        return announced || nowNs - nextPollNs >= 0;
    }

    /**
     * Looks at the registers.
     *
     * @return why the VF is no longer what it was, or null.
     */
    @Nullable ResetCause poll(final long nowNs) {
        nextPollNs = nowNs + pollIntervalNs;
        final int length = registers.read(Registers.VF_ARQLEN1);
        final int status = registers.read(Registers.VFGEN_RSTAT);
        if (length == Registers.NO_ANSWER && status == Registers.NO_ANSWER) {
            return ResetCause.NO_ANSWER;
        }
        final boolean alive =
                length != Registers.IN_RESET
                        && (length & Registers.LEN_ENABLE) != 0
                        && (status & Registers.RSTAT_MASK) == Registers.RSTAT_VF_ACTIVE;
        if (alive) {
            return null;
        }
        return announced ? ResetCause.ANNOUNCED : ResetCause.SILENT;
    }
}
