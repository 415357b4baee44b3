package dev.javf.sim;

import dev.javf.virtchnl.Event;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A reset of the whole PF (Linux ice driver, ice_prepare_for_reset, ice_rebuild,
 * ice_reset_all_vfs): all VFs are told, no register answers for a while, everything the PF held is
 * gone, and the VFs come back one after the other.
 */
final class PfResetJob implements Job {
    private final PfModel pf;
    private final ServiceTask service;
    private final boolean isAnnounced;
    private final List<Consumer<Boolean>> whenDone = new ArrayList<>();
    private Step step = Step.ANNOUNCE;
    private int nextVf;

    private enum Step {
        ANNOUNCE,
        HARDWARE_DOWN,
        HARDWARE_UP,
        REBUILD
    }

    PfResetJob(
            final PfModel pf,
            final ServiceTask service,
            final boolean isAnnounced,
            final Consumer<Boolean> whenDone) {
        this.pf = pf;
        this.service = service;
        this.isAnnounced = isAnnounced;
        this.whenDone.add(whenDone);
    }

    @Override
    public long step(final long nowNs) {
        return switch (step) {
            case ANNOUNCE -> announce(nowNs);
            case HARDWARE_DOWN -> takeDown(nowNs);
            case HARDWARE_UP -> bringUp(nowNs);
            case REBUILD -> rebuildNext(nowNs);
        };
    }

    private long announce(final long nowNs) {
        for (final VfControl vf : pf.vfs()) {
            if (isAnnounced && vf.phase != VfPhase.IN_RESET) {
                pf.sendEvent(vf, new Event.ResetImpending(), nowNs);
            }
            pf.enterPhase(vf, VfPhase.IN_RESET, nowNs);
        }
        step = Step.HARDWARE_DOWN;
        return isAnnounced ? nowNs + pf.delays().mailboxToVfNs() : nowNs;
    }

    private long takeDown(final long nowNs) {
        whenDone.addAll(service.takePendingVfResets());
        pf.incoming().clear();
        for (final VfControl vf : pf.vfs()) {
            vf.unansweredMessages = 0;
            vf.function.inDeviceReset(true);
            VfRebuild.resetHardware(vf);
            vf.function.registers().clear();
        }
        step = Step.HARDWARE_UP;
        return nowNs + pf.delays().pfResetHardwareNs();
    }

    private long bringUp(final long nowNs) {
        for (final VfControl vf : pf.vfs()) {
            vf.function.inDeviceReset(false);
        }
        step = Step.REBUILD;
        return nowNs + pf.delays().pfResetNs() + pf.delays().vfResetNs();
    }

    private long rebuildNext(final long nowNs) {
        final VfControl vf = pf.vf(nextVf);
        if (!service.isFunctionLevelResetPending(vf)) {
            VfRebuild.rebuild(pf, vf, nowNs);
        }
        nextVf++;
        if (nextVf < pf.vfs().size()) {
            return nowNs + pf.delays().messageNs() + pf.delays().ruleNs();
        }
        whenDone.forEach(listener -> listener.accept(true));
        return DONE;
    }
}
