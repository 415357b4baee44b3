package dev.javf.iavf;

import dev.javf.sim.Fault;
import dev.javf.sim.FaultPlan;
import dev.javf.sim.PfMode;
import dev.javf.sim.ResetFault;
import dev.javf.sim.ResetKind;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The faults of a {@link Schedule}: armed by its steps, and let off only where a driver can know
 * the truth afterwards. What it can't know, because all it sees is what it would see if nothing had
 * gone wrong:
 *
 * <ul>
 *   <li>one answer too few and one too many: a lost request, and an answer that comes twice, are as
 *       many answers as requests, since virtchnl marks neither. So after a fault of the one kind
 *       there is none of the other until the first must have been noticed, {@link #APART_NS} later;
 *   <li>answers, or requests, that overtake one another ({@link Fault.DelayAnswer}, {@link
 *       Fault.DelayRequest}): answers to one operation are then taken for one another's. A mailbox
 *       is a queue, and a PF's driver works on one VF's messages in their order;
 *   <li>a PF that says SUCCESS and does nothing ({@link Fault.Pretend}), of its own accord or, as
 *       i40e does, when its firmware refuses a rule ({@link Fault.FailElement}).
 * </ul>
 */
final class ScheduleFaults implements FaultPlan {
    /** How far faults that cancel each other out are apart: more than two deadlines. */
    static final long APART_NS = 10_000_000_000L;

    private static final int OWN = ScheduleWorld.VF;

    private final PfMode mode;
    private final MessageLedger ledger;
    private final List<Armed> armed = new ArrayList<>();
    private final List<ResetFault> resets = new ArrayList<>();
    private long busyNs;
    private long noLossBeforeNs = Long.MIN_VALUE;
    private long noExtraBeforeNs = Long.MIN_VALUE;
    private int letOff;
    private boolean isOff;

    private static final class Armed {
        private final Fault fault;
        private int skip;

        Armed(final int skip, final Fault fault) {
            this.skip = skip;
            this.fault = fault;
        }
    }

    ScheduleFaults(final PfMode mode, final MessageLedger ledger) {
        this.mode = mode;
        this.ledger = ledger;
    }

    /** Something goes wrong with the VF's message that comes after {@code skip} others. */
    void arm(final int skip, final Fault fault) {
        armed.add(new Armed(skip, fault));
    }

    /** Something goes wrong with the VF's next reset. */
    void armReset(final ResetFault fault) {
        resets.add(fault);
    }

    /** How long the next reset of another VF takes. */
    void nextResetOfOthers(final long forNs) {
        busyNs = forNs;
    }

    /** From now on nothing goes wrong any more. */
    void off() {
        isOff = true;
        armed.clear();
        resets.clear();
    }

    /** Messages that something went wrong with. */
    int letOff() {
        return letOff;
    }

    @Override
    public @Nullable Fault onMessage(
            final int virtualFunction, final int opcode, final long nowNs) {
        if (virtualFunction != OWN) {
            return null;
        }
        final Fault fault = next(nowNs);
        ledger.onAccepted(opcode, fault);
        if (fault != null) {
            letOff++;
        }
        return fault;
    }

    private @Nullable Fault next(final long nowNs) {
        Fault due = null;
        for (final Iterator<Armed> all = armed.iterator(); all.hasNext(); ) {
            final Armed each = all.next();
            if (each.skip-- <= 0 && due == null) {
                all.remove();
                due = isAdmissible(each.fault, nowNs) ? each.fault : null;
            }
        }
        return due;
    }

    private boolean isAdmissible(final Fault fault, final long nowNs) {
        return switch (fault) {
            case Fault.LoseRequest(), Fault.LoseAnswer() -> {
                final boolean isApart = nowNs >= noLossBeforeNs;
                noExtraBeforeNs = isApart ? nowNs + APART_NS : noExtraBeforeNs;
                yield isApart;
            }
            case Fault.DuplicateAnswer(final long gapNs) -> {
                final boolean isApart = nowNs >= noExtraBeforeNs;
                noLossBeforeNs = isApart ? nowNs + gapNs + APART_NS : noLossBeforeNs;
                yield isApart;
            }
            case Fault.FailElement(final int element) -> !mode.isI40e();
            case Fault.DelayAnswer(final long delayNs, final boolean survivesReset) -> false;
            case Fault.DelayRequest(final long delayNs) -> false;
            case Fault.Pretend() -> false;
            case Fault.Fail(final int status) -> true;
            case Fault.Reset(final ResetKind kind, final Fault.Point point) -> true;
            case Fault.StaleEvent(final boolean isReset, final long delayNs) -> true;
        };
    }

    @Override
    public ResetFault onReset(final int virtualFunction, final ResetKind kind, final long nowNs) {
        if (virtualFunction != OWN) {
            final long extraNs = isOff ? 0 : busyNs;
            busyNs = 0;
            return new ResetFault(0, extraNs, false);
        }
        return resets.isEmpty() ? ResetFault.NONE : resets.removeFirst();
    }
}
