package dev.javf.virtchnl;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which operations a PF lets a VF use (Linux ice driver, virt/allowlist.c): a few at first, and
 * after every VF reset again; more once GET_VF_RESOURCES has granted capabilities. Anything else is
 * answered with {@link Status#ERR_NOT_SUPPORTED}. Immutable.
 */
public final class AllowList {
    /**
     * What one capability adds.
     *
     * @param capability granted by the PF.
     * @param opcodes allowed from then on.
     */
    public record Row(Capability capability, Set<Opcode> opcodes) {}

    /** Allowed always: VERSION, RESET_VF, GET_VF_RESOURCES. */
    public static final Set<Opcode> ALWAYS =
            Set.of(Opcode.VERSION, Opcode.RESET_VF, Opcode.GET_VF_RESOURCES);

    /** Added by GET_VF_RESOURCES whatever capabilities it grants. */
    public static final Set<Opcode> WITH_RESOURCES =
            Set.of(
                    Opcode.CONFIG_TX_QUEUE,
                    Opcode.CONFIG_RX_QUEUE,
                    Opcode.CONFIG_VSI_QUEUES,
                    Opcode.CONFIG_IRQ_MAP,
                    Opcode.ENABLE_QUEUES,
                    Opcode.DISABLE_QUEUES,
                    Opcode.GET_STATS,
                    Opcode.EVENT);

    /** Added by GET_VF_RESOURCES for each capability that it grants. */
    public static final List<Row> ROWS =
            List.of(
                    row(
                            Capability.L2,
                            Opcode.ADD_ETH_ADDR,
                            Opcode.DEL_ETH_ADDR,
                            Opcode.CONFIG_PROMISCUOUS_MODE),
                    row(Capability.REQ_QUEUES, Opcode.REQUEST_QUEUES),
                    row(
                            Capability.LARGE_NUM_QPAIRS,
                            Opcode.GET_MAX_RSS_QREGION,
                            Opcode.ENABLE_QUEUES_V2,
                            Opcode.DISABLE_QUEUES_V2,
                            Opcode.MAP_QUEUE_VECTOR),
                    row(
                            Capability.VLAN,
                            Opcode.ADD_VLAN,
                            Opcode.DEL_VLAN,
                            Opcode.ENABLE_VLAN_STRIPPING,
                            Opcode.DISABLE_VLAN_STRIPPING),
                    row(
                            Capability.VLAN_V2,
                            Opcode.GET_OFFLOAD_VLAN_V2_CAPS,
                            Opcode.ADD_VLAN_V2,
                            Opcode.DEL_VLAN_V2,
                            Opcode.ENABLE_VLAN_STRIPPING_V2,
                            Opcode.DISABLE_VLAN_STRIPPING_V2,
                            Opcode.ENABLE_VLAN_INSERTION_V2,
                            Opcode.DISABLE_VLAN_INSERTION_V2),
                    row(
                            Capability.RSS_PF,
                            Opcode.CONFIG_RSS_HFUNC,
                            Opcode.CONFIG_RSS_KEY,
                            Opcode.CONFIG_RSS_LUT,
                            Opcode.GET_RSS_HASHCFG,
                            Opcode.SET_RSS_HASHCFG),
                    row(Capability.RX_FLEX_DESC, Opcode.GET_SUPPORTED_RXDIDS),
                    row(Capability.ADV_RSS_PF, Opcode.ADD_RSS_CFG, Opcode.DEL_RSS_CFG),
                    row(Capability.FDIR_PF, Opcode.ADD_FDIR_FILTER, Opcode.DEL_FDIR_FILTER),
                    row(
                            Capability.QOS,
                            Opcode.GET_QOS_CAPS,
                            Opcode.CONFIG_QUEUE_BW,
                            Opcode.CONFIG_QUANTA),
                    row(Capability.PTP, Opcode.PTP_GET_CAPS, Opcode.PTP_GET_TIME));

    /** What is allowed before GET_VF_RESOURCES. */
    public static final AllowList INITIAL = new AllowList(EnumSet.copyOf(ALWAYS));

    private final EnumSet<Opcode> allowed;

    private AllowList(final EnumSet<Opcode> allowed) {
        this.allowed = allowed;
    }

    private static Row row(final Capability capability, final Opcode... opcodes) {
        return new Row(capability, Set.of(opcodes));
    }

    /**
     * The list after a successful GET_VF_RESOURCES; a later one with fewer capabilities takes
     * nothing away.
     *
     * @param capabilities what it granted: flags of {@link Capability}.
     * @return this list and what they add.
     */
    public AllowList with(final int capabilities) {
        final EnumSet<Opcode> more = EnumSet.copyOf(allowed);
        more.addAll(WITH_RESOURCES);
        for (final Row row : ROWS) {
            if (row.capability.isIn(capabilities)) {
                more.addAll(row.opcodes);
            }
        }
        return new AllowList(more);
    }

    /**
     * Whether an operation is allowed.
     *
     * @param opcode any code.
     * @return false also for one that isn't defined.
     */
    public boolean allows(final int opcode) {
        final Opcode known = Opcode.of(opcode);
        return known != null && allowed.contains(known);
    }
}
