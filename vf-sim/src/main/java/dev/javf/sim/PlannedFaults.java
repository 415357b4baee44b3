package dev.javf.sim;

import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Faults at places that were named beforehand. Each message is held against the rules in the order
 * in which they were given; the first that applies decides. Any thread.
 */
public final class PlannedFaults implements FaultPlan {
    /** For {@link #on}: any VF, or any operation. */
    public static final int ANY = -1;

    private final List<Rule> rules = new ArrayList<>();
    private final List<ResetRule> resetRules = new ArrayList<>();

    private static final class Rule {
        private final int virtualFunction;
        private final int opcode;
        private final Fault fault;
        private int skip;
        private int times;

        Rule(
                final int virtualFunction,
                final int opcode,
                final int skip,
                final int times,
                final Fault fault) {
            this.virtualFunction = virtualFunction;
            this.opcode = opcode;
            this.skip = skip;
            this.times = times;
            this.fault = fault;
        }

        boolean applies(final int vf, final int code) {
            if (times == 0
                    || (opcode != ANY && code != opcode)
                    || (virtualFunction != ANY && virtualFunction != vf)) {
                return false;
            }
            if (skip > 0) {
                skip--;
                return false;
            }
            times--;
            return true;
        }
    }

    private record ResetRule(int virtualFunction, ResetFault fault) {}

    /**
     * The next message of an operation goes wrong.
     *
     * @param opcode of the message.
     * @param fault what goes wrong.
     * @return this.
     */
    public PlannedFaults on(final Opcode opcode, final Fault fault) {
        return on(ANY, opcode, 0, 1, fault);
    }

    /**
     * Some messages of an operation go wrong.
     *
     * @param virtualFunction of which VF, or {@link #ANY}.
     * @param opcode of the messages.
     * @param skip how many go well before.
     * @param times how many go wrong then.
     * @param fault what goes wrong.
     * @return this.
     */
    public PlannedFaults on(
            final int virtualFunction,
            final Opcode opcode,
            final int skip,
            final int times,
            final Fault fault) {
        return on(virtualFunction, opcode.code(), skip, times, fault);
    }

    /**
     * Some messages go wrong.
     *
     * @param virtualFunction of which VF, or {@link #ANY}.
     * @param opcode number of the messages' operation, or {@link #ANY}.
     * @param skip how many go well before.
     * @param times how many go wrong then.
     * @param fault what goes wrong.
     * @return this.
     */
    public synchronized PlannedFaults on(
            final int virtualFunction,
            final int opcode,
            final int skip,
            final int times,
            final Fault fault) {
        rules.add(new Rule(virtualFunction, opcode, skip, times, fault));
        return this;
    }

    /** Nothing goes wrong any more. */
    public synchronized void clear() {
        rules.clear();
        resetRules.clear();
    }

    /**
     * The next reset of a VF goes wrong.
     *
     * @param virtualFunction of which VF, or {@link #ANY}.
     * @param fault what goes wrong.
     * @return this.
     */
    public synchronized PlannedFaults onNextReset(
            final int virtualFunction, final ResetFault fault) {
        resetRules.add(new ResetRule(virtualFunction, fault));
        return this;
    }

    @Override
    public synchronized @Nullable Fault onMessage(
            final int virtualFunction, final int opcode, final long nowNs) {
        for (final Rule rule : rules) {
            if (rule.applies(virtualFunction, opcode)) {
                return rule.fault;
            }
        }
        return null;
    }

    @Override
    public synchronized ResetFault onReset(
            final int virtualFunction, final ResetKind kind, final long nowNs) {
        for (int i = 0; i < resetRules.size(); i++) {
            final ResetRule rule = resetRules.get(i);
            if (rule.virtualFunction == ANY || rule.virtualFunction == virtualFunction) {
                resetRules.remove(i);
                return rule.fault;
            }
        }
        return ResetFault.NONE;
    }
}
