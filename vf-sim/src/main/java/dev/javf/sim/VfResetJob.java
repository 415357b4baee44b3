package dev.javf.sim;

import dev.javf.virtchnl.Event;

import java.util.function.Consumer;

/**
 * The reset of one VF (Linux ice driver, ice_reset_vf): tell the VF, have the hardware reset it,
 * build it up again, let it talk. After a function-level reset the first two are over already.
 */
final class VfResetJob implements Job {
    private final PfModel pf;
    private final ServiceTask service;
    private final VfControl vf;
    private final ResetKind kind;
    private final boolean isHardwareDone;
    private final Consumer<Boolean> whenDone;
    private ResetFault fault = ResetFault.NONE;
    private Step step = Step.ANNOUNCE;

    private enum Step {
        ANNOUNCE,
        TRIGGER,
        COMPLETE,
        REBUILD
    }

    VfResetJob(
            final PfModel pf,
            final ServiceTask service,
            final VfControl vf,
            final ResetKind kind,
            final boolean isHardwareDone,
            final Consumer<Boolean> whenDone) {
        this.pf = pf;
        this.service = service;
        this.vf = vf;
        this.kind = kind;
        this.isHardwareDone = isHardwareDone;
        this.whenDone = whenDone;
    }

    boolean isFunctionLevel() {
        return kind == ResetKind.FUNCTION_LEVEL;
    }

    Consumer<Boolean> whenDone() {
        return whenDone;
    }

    @Override
    public long step(final long nowNs) {
        return switch (step) {
            case ANNOUNCE -> announce(nowNs);
            case TRIGGER -> trigger(nowNs);
            case COMPLETE -> complete(nowNs);
            case REBUILD -> rebuild(nowNs);
        };
    }

    private long announce(final long nowNs) {
        fault = pf.faults().onReset(vf.index(), kind, nowNs);
        long triggerNs = nowNs;
        if (kind == ResetKind.NOTIFIED && vf.phase != VfPhase.IN_RESET) {
            pf.sendEvent(vf, new Event.ResetImpending(), nowNs);
            triggerNs += pf.delays().mailboxToVfNs();
        }
        pf.enterPhase(vf, VfPhase.IN_RESET, nowNs);
        if (isHardwareDone) {
            return afterHardware(nowNs);
        }
        step = Step.TRIGGER;
        return triggerNs + fault.startDelayNs();
    }

    private long trigger(final long nowNs) {
        if (isFunctionLevel()) {
            vf.function.config().clearOnReset();
        }
        VfRebuild.resetHardware(vf);
        return afterHardware(nowNs);
    }

    /** The kernel's i40e driver shows when the hardware is done. */
    private long afterHardware(final long nowNs) {
        final long totalNs = pf.delays().vfResetNs() + fault.extraNs();
        if (pf.settings().mode() == PfMode.I40E_V1) {
            step = Step.COMPLETE;
            return nowNs + totalNs / 2;
        }
        step = Step.REBUILD;
        return nowNs + totalNs;
    }

    private long complete(final long nowNs) {
        vf.function.registers().set(VfRegister.VFGEN_RSTAT, VfRegister.RSTAT_COMPLETED);
        step = Step.REBUILD;
        final long totalNs = pf.delays().vfResetNs() + fault.extraNs();
        return nowNs + totalNs - totalNs / 2;
    }

    private long rebuild(final long nowNs) {
        if (!fault.isStuck() && !service.isFunctionLevelResetPending(vf)) {
            VfRebuild.rebuild(pf, vf, nowNs);
        }
        whenDone.accept(!fault.isStuck());
        return DONE;
    }
}
