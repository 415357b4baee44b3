package dev.javf.virtchnl;

import java.util.List;

/**
 * One message about VLAN filters, to be sent now.
 *
 * @param token names the batch: rising, and never used again.
 * @param epoch of the VF when the batch was made.
 * @param kind what it is for.
 * @param opcode its operation.
 * @param tpid the EtherType of its filters; 0 for a fence.
 * @param vlanIds its filters, 1..4094 each, in ascending order; empty for a fence.
 * @param limits that it was made under.
 */
public record VlanBatch(
        long token,
        long epoch,
        Kind kind,
        Opcode opcode,
        int tpid,
        List<Integer> vlanIds,
        VlanLimits limits) {
    /** What a batch is for. */
    public enum Kind {
        /** Adds filters. */
        ADD,
        /** Deletes filters. */
        DELETE,
        /**
         * Proves by its answer that earlier answers will not come any more: VERSION, which every PF
         * answers at any time and which changes nothing.
         */
        FENCE
    }

    /**
     * The message's body.
     *
     * @return to be sent with {@link #opcode}.
     */
    public Message message() {
        if (kind == Kind.FENCE) {
            return VersionInfo.VERSION_1_1;
        }
        if (limits.protocol() == VlanLimits.Protocol.V1) {
            return new VlanFilterList(limits.vsiId(), vlanIds);
        }
        return new VlanFilterListV2(limits.vsiId(), vlanIds.stream().map(this::filter).toList());
    }

    private VlanFilterListV2.VlanFilterV2 filter(final int vlanId) {
        return limits.outer()
                ? VlanFilterListV2.VlanFilterV2.outer(tpid, vlanId)
                : VlanFilterListV2.VlanFilterV2.inner(tpid, vlanId);
    }
}
