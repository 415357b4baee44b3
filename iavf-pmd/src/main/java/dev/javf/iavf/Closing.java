package dev.javf.iavf;

import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.QueueSelect;

import org.jspecify.annotations.Nullable;

import java.lang.System.Logger.Level;

/**
 * Lets go of a VF in the order that keeps memory safe: queues back from their poller, queues
 * disabled, VF reset by the PF, mailbox shut down, bus mastering off; then the buffers back to the
 * pool and everything unmapped. Each step but those of the owner has a time limit. When the PF
 * doesn't confirm the reset, a function-level reset makes sure that the device has stopped.
 *
 * <p>That it has stopped is known when the PF has reset the VF, when a function-level reset has
 * succeeded, when bus mastering reads as off, or when there is no device any more. Until one of
 * them is the case no memory is unmapped and no buffer is given back, however long it takes.
 */
final class Closing {
    private static final long DRAIN_NS = 250_000_000;
    private static final long STOP_RETRY_NS = 100_000_000;

    private final DriverParts parts;
    private Step step = Step.TAKE_BACK;
    private boolean deviceGone;
    private boolean deviceStopped;
    private boolean hurried;
    private long hurryLimitNs;
    private boolean queuesEnabled;
    private int vsiId;
    private long limitNs;

    private enum Step {
        TAKE_BACK,
        DISABLE,
        AWAIT_DISABLED,
        RESET,
        AWAIT_RESET,
        SHUTDOWN,
        AWAIT_DRAINED,
        STOP_DEVICE,
        AWAIT_STOPPED,
        RECLAIM,
        AWAIT_RECLAIMED,
        RELEASE,
        DONE
    }

    Closing(final DriverParts parts) {
        this.parts = parts;
    }

    /**
     * Begins.
     *
     * @param from the state that the VF was in.
     * @param negotiated what was granted, if anything was.
     */
    void begin(final LifecycleState from, final @Nullable Negotiated negotiated) {
        step = Step.TAKE_BACK;
        deviceGone = from == LifecycleState.REMOVED;
        deviceStopped = deviceGone;
        queuesEnabled =
                from == LifecycleState.STARTING
                        || from == LifecycleState.UP
                        || from == LifecycleState.STOPPING;
        vsiId = negotiated == null ? 0 : negotiated.vsi().vsiId();
        parts.handOver().takeBack();
    }

    /**
     * Sets a limit, because the system wants the device back: after it the PF is not waited for.
     *
     * @param deadlineNs when.
     */
    void hurry(final long deadlineNs) {
        hurried = true;
        hurryLimitNs = deadlineNs;
    }

    /** Whether the mailbox may still be looked at. */
    boolean usesMailbox() {
        return switch (step) {
            case TAKE_BACK, DISABLE, AWAIT_DISABLED, RESET, AWAIT_RESET -> true;
            default -> false;
        };
    }

    int doWork(final long nowNs) {
        final Step before = step;
        if (hurried && nowNs - hurryLimitNs >= 0 && waitsForPf()) {
            resetFunction();
            step = Step.STOP_DEVICE;
        }
        switch (step) {
            case TAKE_BACK -> next(parts.handOver().isWithConductor(), Step.DISABLE);
            case DISABLE -> disable(nowNs);
            case RESET -> reset(nowNs);
            case AWAIT_RESET -> awaitReset(nowNs);
            case SHUTDOWN -> {
                limitNs = nowNs + DRAIN_NS;
                step = parts.adminQueue().postShutdown() ? Step.AWAIT_DRAINED : Step.STOP_DEVICE;
            }
            case AWAIT_DRAINED ->
                    next(
                            parts.adminQueue().isSendQueueDrained() || nowNs - limitNs >= 0,
                            Step.STOP_DEVICE);
            case STOP_DEVICE -> stopDevice(nowNs);
            case AWAIT_STOPPED -> awaitStopped(nowNs);
            case RECLAIM -> reclaim();
            case AWAIT_RECLAIMED -> next(parts.handOver().isWithConductor(), Step.RELEASE);
            case RELEASE -> release();
            default -> {}
        }
        return step == before ? 0 : 1;
    }

    private boolean waitsForPf() {
        return switch (step) {
            case DISABLE, AWAIT_DISABLED, RESET, AWAIT_RESET, SHUTDOWN, AWAIT_DRAINED -> true;
            default -> false;
        };
    }

    private void next(final boolean condition, final Step then) {
        if (condition) {
            step = then;
        }
    }

    private void disable(final long nowNs) {
        final QueueSet queues = parts.handOver().queues();
        if (!queuesEnabled || queues == null || !parts.adminQueue().isStarted()) {
            step = Step.RESET;
            return;
        }
        final int all = (1 << queues.pairs()) - 1;
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        step = Step.RESET;
                    }

                    @Override
                    public void onTimeout(final long now) {
                        step = Step.RESET;
                    }
                };
        final boolean sent =
                parts.channel()
                        .send(
                                Opcode.DISABLE_QUEUES,
                                new QueueSelect(vsiId, all, all),
                                handler,
                                nowNs);
        step = sent ? Step.AWAIT_DISABLED : Step.RESET;
    }

    private void reset(final long nowNs) {
        deviceGone |= parts.registers().read(Registers.VF_ARQLEN1) == Registers.NO_ANSWER;
        final boolean asked =
                !deviceGone
                        && parts.adminQueue().isStarted()
                        && parts.channel().sendUnanswered(Opcode.RESET_VF);
        if (asked) {
            limitNs = nowNs + parts.context().timeouts().resetStartNs();
            step = Step.AWAIT_RESET;
        } else {
            resetFunction();
            step = Step.STOP_DEVICE;
        }
    }

    private void awaitReset(final long nowNs) {
        final int length = parts.registers().read(Registers.VF_ARQLEN1);
        if (length == Registers.NO_ANSWER) {
            deviceGone = true;
            step = Step.STOP_DEVICE;
        } else if (length == Registers.IN_RESET || (length & Registers.LEN_ENABLE) == 0) {
            deviceStopped = true;
            parts.counters().countReset(ResetCause.VF_RESET);
            step = Step.SHUTDOWN;
        } else if (nowNs - limitNs >= 0) {
            resetFunction();
            step = Step.STOP_DEVICE;
        }
    }

    private void resetFunction() {
        if (!deviceGone) {
            parts.adminQueue().abandon();
            parts.recorder().note("function-level reset");
            deviceStopped |= attempt("function-level reset", parts.device()::reset);
            parts.counters().countReset(ResetCause.FUNCTION_LEVEL_RESET);
        }
    }

    /** Does what may fail on a device that is going away, and says whether it succeeded. */
    private boolean attempt(final String what, final Runnable action) {
        try {
            action.run();
            return true;
        } catch (final RuntimeException e) {
            parts.log().always(Level.WARNING, what + " failed while closing: " + e.getMessage());
            return false;
        }
    }

    private void stopDevice(final long nowNs) {
        if (parts.adminQueue().isStarted()) {
            parts.adminQueue().stop();
        }
        attempt("turning bus mastering off", this::turnBusMasteringOff);
        if (deviceStopped || deviceGone) {
            step = Step.RECLAIM;
        } else {
            parts.log()
                    .distinct(
                            Level.ERROR,
                            "not stopped",
                            "nothing confirms that the device has stopped; its memory stays mapped",
                            nowNs);
            limitNs = nowNs + STOP_RETRY_NS;
            step = Step.AWAIT_STOPPED;
        }
    }

    private void turnBusMasteringOff() {
        final PciConfigSpace config = parts.device().config();
        final int command = config.read(PciConfigSpace.COMMAND, 2);
        config.write(PciConfigSpace.COMMAND, 2, command & ~PciConfigSpace.COMMAND_BUS_MASTER);
        deviceStopped |=
                (config.read(PciConfigSpace.COMMAND, 2) & PciConfigSpace.COMMAND_BUS_MASTER) == 0;
    }

    private void awaitStopped(final long nowNs) {
        if (nowNs - limitNs >= 0) {
            deviceGone |=
                    parts.device().condition() == PciDeviceCondition.GONE
                            || parts.registers().read(Registers.VF_ARQLEN1) == Registers.NO_ANSWER;
            resetFunction();
            step = Step.STOP_DEVICE;
        }
    }

    private void reclaim() {
        if (parts.handOver().holdsBuffers()) {
            parts.handOver().reclaim();
            step = Step.AWAIT_RECLAIMED;
        } else {
            step = Step.RELEASE;
        }
    }

    private void release() {
        step = Step.DONE;
        final QueueSet queues = parts.handOver().queues();
        if (queues != null) {
            queues.close();
            parts.handOver().queues(null);
        }
        parts.adminQueue().close();
        parts.device().close();
        parts.lifecycle().on(LifecycleEvent.CLOSED, "device stopped, memory unmapped");
    }
}
