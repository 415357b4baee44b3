package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The one task in which a PF's driver does everything for its VFs, one thing after the other:
 * resets first, then what the host's administrator wants, then messages in the order in which they
 * came. For the model's thread.
 */
final class ServiceTask {
    private final PfModel pf;
    private final MessageDispatcher dispatcher;
    private final List<PendingReset> resets = new ArrayList<>();
    private final List<HostCommand> commands = new ArrayList<>();
    private @Nullable Job job;
    private long jobNs;
    private long freeNs = Long.MIN_VALUE;

    /** A reset that has not begun. A null VF stands for all of them. */
    private record PendingReset(long readyNs, @Nullable VfControl vf, Job job) {}

    ServiceTask(final PfModel pf) {
        this.pf = pf;
        dispatcher =
                new MessageDispatcher(pf.settings().mode(), pf.settings().context().hasLargeVfs());
    }

    /** When there is something to do next; {@link Long#MAX_VALUE} if there is nothing. */
    long nextNs() {
        if (job != null) {
            return jobNs;
        }
        long readyNs = pf.incoming().nextNs();
        // By index, as an iterator would be garbage in every duty cycle.
        for (int i = 0; i < resets.size(); i++) {
            readyNs = Math.min(readyNs, resets.get(i).readyNs);
        }
        for (int i = 0; i < commands.size(); i++) {
            readyNs = Math.min(readyNs, commands.get(i).readyNs());
        }
        return Math.max(readyNs, freeNs);
    }

    /** Does what is due at a time that {@link #nextNs} has told. */
    void step(final long nowNs) {
        Job current = job;
        if (current == null) {
            current = begin(nowNs);
            job = current;
        }
        jobNs = current.step(nowNs);
        if (jobNs == Job.DONE) {
            job = null;
            freeNs = nowNs;
        }
    }

    private Job begin(final long nowNs) {
        for (int i = 0; i < resets.size(); i++) {
            if (resets.get(i).readyNs <= nowNs) {
                return resets.remove(i).job;
            }
        }
        for (int i = 0; i < commands.size(); i++) {
            if (commands.get(i).readyNs() <= nowNs) {
                return commands.remove(i);
            }
        }
        return new MessageJob(pf, this, dispatcher, pf.incoming().take());
    }

    void add(final HostCommand command) {
        commands.add(command);
    }

    /** Resets a VF, or all of them, as soon as the task is free. */
    void reset(final VfControl vf, final ResetKind kind, final long readyNs) {
        if (kind == ResetKind.PHYSICAL_FUNCTION) {
            resetAll(true, readyNs, isReady -> {});
        } else if (kind == ResetKind.PHYSICAL_FUNCTION_SILENT) {
            resetAll(false, readyNs, isReady -> {});
        } else {
            reset(vf, kind, readyNs, isReady -> {});
        }
    }

    /** The same for one VF, with something that is told whether the VF may talk again. */
    void reset(
            final VfControl vf,
            final ResetKind kind,
            final long readyNs,
            final Consumer<Boolean> whenDone) {
        final Job reset = new VfResetJob(pf, this, vf, kind, false, whenDone);
        resets.add(new PendingReset(readyNs, vf, reset));
    }

    /** The hardware has reset a VF by itself; one job does for any number of times. */
    void onFunctionLevelReset(final VfControl vf, final long nowNs) {
        if (!isFunctionLevelResetPending(vf)) {
            final Job reset =
                    new VfResetJob(pf, this, vf, ResetKind.FUNCTION_LEVEL, true, isReady -> {});
            resets.add(new PendingReset(nowNs, vf, reset));
        }
    }

    void resetAll(final boolean isAnnounced, final long readyNs, final Consumer<Boolean> whenDone) {
        resets.add(
                new PendingReset(readyNs, null, new PfResetJob(pf, this, isAnnounced, whenDone)));
    }

    /**
     * Whether a function-level reset of a VF waits for its turn, so that the VF isn't ready yet.
     */
    boolean isFunctionLevelResetPending(final VfControl vf) {
        for (final PendingReset reset : resets) {
            if (reset.vf == vf
                    && reset.job instanceof final VfResetJob waiting
                    && waiting.isFunctionLevel()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes out the resets of VFs that wait for their turn: a reset of the PF is one for all of
     * them.
     *
     * @return who is to be told when it is done.
     */
    List<Consumer<Boolean>> takePendingVfResets() {
        final List<Consumer<Boolean>> whenDone = new ArrayList<>();
        for (final PendingReset reset : resets) {
            if (reset.job instanceof final VfResetJob waiting) {
                whenDone.add(waiting.whenDone());
            }
        }
        resets.removeIf(reset -> reset.vf != null);
        return whenDone;
    }
}
