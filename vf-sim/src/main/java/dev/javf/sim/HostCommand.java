package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/**
 * Something that the host's administrator wants. While its VF is in reset it waits, but not for
 * ever (Linux ice driver, ice_check_vf_ready_for_cfg).
 */
final class HostCommand implements Job {
    private static final long MAX_WAIT_NS = 800_000_000;

    private final PfModel pf;
    private final ServiceTask service;
    private final @Nullable VfControl vf;
    private final Action action;
    private final CompletableFuture<Void> done;
    private final long submittedNs;
    private boolean isApplied;

    /** What is done to the PF's books. */
    @FunctionalInterface
    interface Action {
        /**
         * Does it.
         *
         * @param nowNs when.
         * @return whether the VF has to be reset for it.
         */
        boolean apply(long nowNs);
    }

    HostCommand(
            final PfModel pf,
            final ServiceTask service,
            final @Nullable VfControl vf,
            final Action action,
            final CompletableFuture<Void> done,
            final long submittedNs) {
        this.pf = pf;
        this.service = service;
        this.vf = vf;
        this.action = action;
        this.done = done;
        this.submittedNs = submittedNs;
    }

    /** When it can begin, or gives up. */
    long readyNs() {
        return vf != null && vf.phase == VfPhase.IN_RESET ? submittedNs + MAX_WAIT_NS : submittedNs;
    }

    @Override
    public long step(final long nowNs) {
        if (isApplied) {
            done.complete(null);
            return DONE;
        }
        if (vf != null && vf.phase == VfPhase.IN_RESET) {
            onResetDone(false);
            return DONE;
        }
        isApplied = true;
        final boolean needsReset = action.apply(nowNs);
        if (vf != null) {
            pf.markChanged(vf);
            if (needsReset) {
                service.reset(vf, ResetKind.NOTIFIED, nowNs, this::onResetDone);
                return DONE;
            }
        }
        return nowNs + pf.delays().ruleNs();
    }

    private void onResetDone(final boolean isReady) {
        if (isReady) {
            done.complete(null);
        } else {
            done.completeExceptionally(
                    new IllegalStateException("the VF doesn't leave its reset; reset it again"));
        }
    }
}
