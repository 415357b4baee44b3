package dev.javf.iavf;

import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

/**
 * Takes a VF through a reset, whoever started it: queues back from their poller first, then the
 * reset itself if it is ours to start, then waiting for the PF to set the VF up again, then bus
 * mastering and the mailbox. When there are too many resets in too short a time, {@link
 * ResetBreaker} has it pause before the mailbox is started again.
 *
 * <p>Opening takes two resets: a function-level reset stops the device and clears its mailbox; then
 * RESET_VF makes the PF forget what a previous user had it hold. Some PFs (i40e) ignore RESET_VF
 * from a VF that hasn't asked for its resources, and a function-level reset by itself makes them
 * forget; so when nothing comes of it within a while, all goes on.
 *
 * <p>"Active" in the reset status is not enough to go on: it may be from before the reset. It
 * counts when the mailbox was seen disabled, and either another status was seen since or it has
 * stood for a while.
 *
 * <p>Every reset disables the mailbox. A VF that was silent on the bus and comes back with its
 * mailbox enabled was not reset, and its PF still holds all that it held; then we reset it. So
 * whoever goes on from here may rely on the PF having forgotten everything.
 */
final class ResetProcedure {
    private static final long POLL_INTERVAL_NS = 1_000_000;
    private static final long SETTLE_NS = 10_000_000;

    /** How long RESET_VF may take to have an effect when a function-level reset came before it. */
    private static final long SECOND_RESET_START_NS = 100_000_000;

    private final DriverParts parts;
    private final ResetBreaker breaker;
    private Method method = Method.OBSERVED;
    private @Nullable ResetCause cause;
    private boolean issued;
    private boolean dropped;
    private boolean progressSeen;
    private boolean answered;

    /** Whether we have started a reset that was taken for one going on already. */
    private boolean madeUp;

    private long issuedNs;
    private long droppedNs;
    private long answeredNs;
    private long nextPollNs;
    private long pausedUntilNs;

    /** Who starts the reset. */
    enum Method {
        /** It is going on already. */
        OBSERVED,
        /** We ask the PF for it; the mailbox must be working. */
        VF_RESET,
        /** We do it through PCI Express. */
        FUNCTION_LEVEL_RESET,
        /** We do it through PCI Express, then ask the PF for another. */
        BOTH,
        /** The second reset of the two. */
        SECOND_OF_BOTH
    }

    ResetProcedure(final DriverParts parts, final ResetBreaker breaker) {
        this.parts = parts;
        this.breaker = breaker;
    }

    void begin(final Method how, final @Nullable ResetCause why) {
        method = how;
        cause = why;
        issued = false;
        dropped = false;
        progressSeen = false;
        answered = true;
        madeUp = false;
        parts.handOver().takeBack();
    }

    int doWork(final long nowNs) {
        if (!parts.handOver().isWithConductor()) {
            return 0;
        }
        if (!issued) {
            issue(nowNs);
            return 1;
        }
        if (nowNs - nextPollNs < 0) {
            return 0;
        }
        nextPollNs = nowNs + POLL_INTERVAL_NS;
        return poll(nowNs);
    }

    private void issue(final long nowNs) {
        issued = true;
        issuedNs = nowNs;
        answeredNs = nowNs;
        nextPollNs = nowNs;
        pausedUntilNs = method == Method.SECOND_OF_BOTH ? nowNs : nowNs + breaker.onReset(nowNs);
        if (cause != null) {
            parts.counters().countReset(cause);
        }
        switch (method) {
            case VF_RESET -> {
                if (!parts.channel().sendUnanswered(Opcode.RESET_VF)) {
                    parts.fail("the mailbox takes no RESET_VF");
                }
            }
            // A mailbox that doesn't take it is being reset already, or will show its fault later.
            case SECOND_OF_BOTH -> parts.channel().sendUnanswered(Opcode.RESET_VF);
            case OBSERVED -> onDropped(nowNs);
            case FUNCTION_LEVEL_RESET, BOTH -> {
                onDropped(nowNs);
                resetFunction();
            }
        }
    }

    /** The mailbox is dead. */
    private void onDropped(final long nowNs) {
        parts.adminQueue().abandon();
        dropped = true;
        droppedNs = nowNs;
    }

    /** The system may refuse, as for a function that is being taken away. */
    private void resetFunction() {
        parts.recorder().note("function-level reset");
        try {
            parts.device().reset();
        } catch (final RuntimeException e) {
            parts.fail("the function-level reset failed: " + e.getMessage());
        }
    }

    private int poll(final long nowNs) {
        final int length = parts.registers().read(Registers.VF_ARQLEN1);
        final int status = parts.registers().read(Registers.VFGEN_RSTAT);
        if (length == Registers.NO_ANSWER && status == Registers.NO_ANSWER) {
            onNoAnswer(nowNs);
            return 0;
        }
        answered = true;
        final boolean active =
                status != Registers.IN_RESET
                        && (status & Registers.RSTAT_MASK) == Registers.RSTAT_VF_ACTIVE;
        final boolean disabled =
                length == Registers.IN_RESET || (length & Registers.LEN_ENABLE) == 0;
        if (!dropped && (disabled || !active)) {
            onDropped(nowNs);
        }
        progressSeen |= dropped && !active;
        if (!dropped) {
            awaitStart(nowNs);
            return 0;
        }
        if (nowNs - pausedUntilNs < 0) {
            return 0;
        }
        if (active && (progressSeen || nowNs - droppedNs >= SETTLE_NS)) {
            if (disabled && restart(nowNs)) {
                return 1;
            }
            if (!disabled && !madeUp) {
                madeUp = true;
                progressSeen = false;
                droppedNs = nowNs;
                parts.recorder().note("the mailbox is still enabled: there was no reset");
                resetFunction();
                return 1;
            }
        }
        if (nowNs - pausedUntilNs >= parts.context().timeouts().resetNs()) {
            parts.fail(
                    "the VF is still in reset after "
                            + (nowNs - issuedNs) / 1_000_000
                            + " ms ("
                            + Registers.describe(Registers.VFGEN_RSTAT, status)
                            + ")");
        }
        return 0;
    }

    private void awaitStart(final long nowNs) {
        if (method == Method.SECOND_OF_BOTH) {
            if (nowNs - issuedNs >= SECOND_RESET_START_NS) {
                parts.lifecycle().on(LifecycleEvent.READY, "the PF ignores RESET_VF by now");
            }
        } else if (nowNs - issuedNs >= parts.context().timeouts().resetStartNs()) {
            parts.fail("the PF does not act upon RESET_VF");
        }
    }

    private void onNoAnswer(final long nowNs) {
        progressSeen = true;
        if (!dropped) {
            onDropped(nowNs);
        }
        if (answered) {
            answered = false;
            answeredNs = nowNs;
        } else if (nowNs - answeredNs >= parts.context().timeouts().removalNs()) {
            parts.lifecycle()
                    .on(
                            LifecycleEvent.GONE,
                            "nothing has answered on the bus for "
                                    + (nowNs - answeredNs) / 1_000_000
                                    + " ms");
        }
    }

    private boolean restart(final long nowNs) {
        parts.device().config().enableBusMaster();
        if (!parts.adminQueue().start()) {
            parts.adminQueue().abandon();
            return false;
        }
        if (method == Method.BOTH) {
            begin(Method.SECOND_OF_BOTH, null);
            issue(nowNs);
        } else {
            parts.lifecycle().on(LifecycleEvent.READY, "the PF has set the VF up");
        }
        return true;
    }
}
