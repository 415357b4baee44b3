package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

/**
 * What a PF offers in VLAN filters, as negotiated after each reset.
 *
 * @param protocol which messages to use.
 * @param vsiId for the messages.
 * @param maxFilters how many filters the PF takes, VLAN 0 not counted.
 * @param tpids the EtherTypes it filters: bits of {@link VlanSupport}.
 * @param outer whether filters go to the outer tag (V2).
 * @param bulkDelete whether a delete may have more elements than the PF holds filters (V1): an ice
 *     PF looks only at as many elements as it has, and says nothing of the rest.
 * @param obstacle why there are no filters, for people; empty if there are.
 */
public record VlanLimits(
        Protocol protocol,
        int vsiId,
        int maxFilters,
        int tpids,
        boolean outer,
        boolean bulkDelete,
        String obstacle) {
    /** Which messages to use. */
    public enum Protocol {
        /** The PF offers no VLAN filters. */
        NONE,
        /** ADD_VLAN and DEL_VLAN. */
        V1,
        /** ADD_VLAN_V2 and DEL_VLAN_V2. */
        V2
    }

    /** What V1 PFs don't say; they have no more VLANs than this. */
    public static final int UNLIMITED = 4096;

    /**
     * The limits of what was negotiated.
     *
     * @param capabilities granted by GET_VF_RESOURCES: flags of {@link Capability}.
     * @param vsiId from the same answer.
     * @param v2 the answer to GET_OFFLOAD_VLAN_V2_CAPS; null without {@link Capability#VLAN_V2}.
     * @param icePf whether the PF is, or may be, driven by ice and not by i40e; V1 deletes then are
     *     cautious.
     * @return never null: see {@link Protocol#NONE}.
     */
    public static VlanLimits of(
            final int capabilities,
            final int vsiId,
            final @Nullable VlanV2Capabilities v2,
            final boolean icePf) {
        if (Capability.VLAN_V2.isIn(capabilities) && v2 != null) {
            return v2(vsiId, v2.filtering());
        }
        if (Capability.VLAN.isIn(capabilities)) {
            return v1(vsiId, !icePf);
        }
        return none(vsiId, "the PF offers no VLAN filters (is it in switchdev mode?)");
    }

    /**
     * A PF without filters.
     *
     * @param vsiId for the messages.
     * @param obstacle why, for people.
     * @return limits that take no filter.
     */
    public static VlanLimits none(final int vsiId, final String obstacle) {
        return new VlanLimits(Protocol.NONE, vsiId, 0, 0, false, false, obstacle);
    }

    /**
     * A PF that speaks V1 only, and says nothing about limits.
     *
     * @param vsiId for the messages.
     * @param bulkDelete false if the PF may be an ice one.
     * @return limits for EtherType 0x8100.
     */
    public static VlanLimits v1(final int vsiId, final boolean bulkDelete) {
        return new VlanLimits(
                Protocol.V1, vsiId, UNLIMITED, VlanSupport.TPID_8100.mask(), false, bulkDelete, "");
    }

    /**
     * A PF that speaks V2. Outer tags are preferred; inner ones are what it offers in single VLAN
     * mode.
     *
     * @param vsiId for the messages.
     * @param filtering what the PF said.
     * @return limits; none if filtering isn't offered.
     */
    public static VlanLimits v2(final int vsiId, final VlanV2Capabilities.Filtering filtering) {
        final boolean outer = tpidsOf(filtering.outer(), filtering.ethertypeInit()) != 0;
        final int tpids =
                tpidsOf(outer ? filtering.outer() : filtering.inner(), filtering.ethertypeInit());
        if (tpids == 0) {
            return none(
                    vsiId,
                    "the PF offers no VLAN filters, as with a port VLAN on this VF: "
                            + "ip link set PF vf N vlan 0");
        }
        if (filtering.maxFilters() == 0) {
            return none(vsiId, "the PF allows this VF 0 VLAN filters");
        }
        return new VlanLimits(Protocol.V2, vsiId, filtering.maxFilters(), tpids, outer, true, "");
    }

    /** Of a PF that can filter only one EtherType at a time, the ones it filters at first. */
    private static int tpidsOf(final int support, final int ethertypeInit) {
        final int all =
                VlanSupport.TPID_8100.mask()
                        | VlanSupport.TPID_88A8.mask()
                        | VlanSupport.TPID_9100.mask();
        final boolean oneAtATime =
                VlanSupport.ETHERTYPE_XOR.isIn(support) && !VlanSupport.ETHERTYPE_AND.isIn(support);
        return support & all & (oneAtATime ? ethertypeInit : all);
    }

    /**
     * Whether filters of an EtherType are offered.
     *
     * @param tpid 0x8100, 0x88A8 or 0x9100.
     * @return false for any other.
     */
    public boolean offers(final int tpid) {
        return (tpids & VlanSupport.maskOfTpid(tpid)) != 0;
    }

    /**
     * The most filters in one message.
     *
     * @return 2045 or 127.
     */
    int maxPerMessage() {
        return protocol == Protocol.V1
                ? VlanFilterList.MAX_ELEMENTS
                : VlanFilterListV2.MAX_ELEMENTS;
    }

    /** The operation of a kind of batch. */
    Opcode opcode(final VlanBatch.Kind kind) {
        return switch (kind) {
            case ADD -> protocol == Protocol.V1 ? Opcode.ADD_VLAN : Opcode.ADD_VLAN_V2;
            case DELETE -> protocol == Protocol.V1 ? Opcode.DEL_VLAN : Opcode.DEL_VLAN_V2;
            case FENCE -> Opcode.VERSION;
        };
    }
}
