package dev.javf.iavf;

import dev.javf.sim.Fault;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.SimulationObserver;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Sees the VF's messages where the PF takes them in and where it works on them, and whether the
 * driver should have sent them.
 */
final class MessageLedger implements SimulationObserver {
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>();

    /** Those that the PF has worked on and whose answers are on their way. */
    private final ArrayDeque<Entry> worked = new ArrayDeque<>();

    private final SimulationObserver next;
    private @Nullable SimulatedVirtualFunction function;

    /** Counts the VF's lives, and the times between: what is sent in a reset is of neither life. */
    private int life;

    private boolean isActive;
    private boolean isFaulty;
    private int mostWaiting;
    private String violation = "";

    private record Entry(int opcode, int life) {}

    MessageLedger(final SimulationObserver next) {
        this.next = next;
    }

    void function(final SimulatedVirtualFunction newFunction) {
        function = newFunction;
    }

    /** The most messages of the VF that were ever with the PF, unanswered. */
    int mostWaiting() {
        return mostWaiting;
    }

    /** What the driver did that it shouldn't have; empty for nothing. */
    String violation() {
        return violation;
    }

    void onAccepted(final int opcode, final @Nullable Fault fault) {
        isFaulty |= fault != null && !(fault instanceof Fault.Reset);
        if (!(fault instanceof Fault.LoseRequest)) {
            waiting.add(new Entry(opcode, life));
            mostWaiting = Math.max(mostWaiting, waiting.size());
        }
    }

    @Override
    public void onRequest(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final MemorySegment body) {
        next.onRequest(timeNs, virtualFunction, opcode, body);
        if (virtualFunction != ScheduleWorld.VF) {
            return;
        }
        // A reset of the PF empties its mailbox, so that there may be others before it.
        final Entry entry = take(waiting, opcode);
        if (entry == null) {
            return;
        }
        worked.add(entry);
        final SimulatedVirtualFunction vf = function;
        if (entry.life == life
                && isActive
                && vf != null
                && !vf.snapshot().allowList().allows(opcode)) {
            violation = Opcode.of(opcode) + " isn't allowed";
        }
    }

    private static @Nullable Entry take(final ArrayDeque<Entry> entries, final int opcode) {
        Entry entry = entries.poll();
        while (entry != null && entry.opcode != opcode) {
            entry = entries.poll();
        }
        return entry;
    }

    @Override
    public void onAnswer(
            final long timeNs,
            final int virtualFunction,
            final int opcode,
            final int status,
            final MemorySegment body) {
        next.onAnswer(timeNs, virtualFunction, opcode, status, body);
        if (virtualFunction != ScheduleWorld.VF || opcode == Opcode.EVENT.code()) {
            return;
        }
        final Entry entry = take(worked, opcode);
        final Opcode known = Opcode.of(opcode);
        if (!isFaulty
                && entry != null
                && entry.life == life
                && status != Status.SUCCESS.code()
                && (known == Opcode.ADD_VLAN_V2 || known == Opcode.DEL_VLAN_V2)) {
            violation = known + " was refused although nothing has gone wrong: " + status;
        }
    }

    @Override
    public void onPhase(final long timeNs, final int virtualFunction, final VfPhase phase) {
        next.onPhase(timeNs, virtualFunction, phase);
        if (virtualFunction == ScheduleWorld.VF) {
            life += phase == VfPhase.ACTIVE ? 0 : 1;
            isActive = phase == VfPhase.ACTIVE;
        }
    }

    @Override
    public void onLost(
            final long timeNs, final int virtualFunction, final int opcode, final String reason) {
        next.onLost(timeNs, virtualFunction, opcode, reason);
    }

    @Override
    public void onFault(
            final long timeNs, final int virtualFunction, final int opcode, final Fault fault) {
        next.onFault(timeNs, virtualFunction, opcode, fault);
    }
}
