package dev.javf.sim;

import org.jspecify.annotations.Nullable;

/** Decides what goes wrong. Asked by the model's thread. */
public interface FaultPlan {
    /** Nothing goes wrong. */
    FaultPlan NONE = (virtualFunction, opcode, nowNs) -> null;

    /**
     * Asked once for each message that a VF sends.
     *
     * @param virtualFunction its number.
     * @param opcode the operation, any number.
     * @param nowNs when the message left the VF.
     * @return what goes wrong, or null.
     */
    @Nullable Fault onMessage(int virtualFunction, int opcode, long nowNs);

    /**
     * Asked once for each reset of a VF, except one that is part of a reset of the PF.
     *
     * @param virtualFunction its number.
     * @param kind of the reset.
     * @param nowNs when it begins.
     * @return what goes wrong.
     */
    default ResetFault onReset(final int virtualFunction, final ResetKind kind, final long nowNs) {
        return ResetFault.NONE;
    }

    /**
     * This plan, and another one for what this one lets go well.
     *
     * @param other asked for nothing that this one decides.
     * @return both.
     */
    default FaultPlan or(final FaultPlan other) {
        final FaultPlan first = this;
        return new FaultPlan() {
            @Override
            public @Nullable Fault onMessage(
                    final int virtualFunction, final int opcode, final long nowNs) {
                final Fault fault = first.onMessage(virtualFunction, opcode, nowNs);
                return fault == null ? other.onMessage(virtualFunction, opcode, nowNs) : fault;
            }

            @Override
            public ResetFault onReset(
                    final int virtualFunction, final ResetKind kind, final long nowNs) {
                final ResetFault fault = first.onReset(virtualFunction, kind, nowNs);
                return fault.equals(ResetFault.NONE)
                        ? other.onReset(virtualFunction, kind, nowNs)
                        : fault;
            }
        };
    }
}
