package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

/**
 * The operations of virtchnl (virtchnl.h, enum virtchnl_ops). The header's names without the prefix
 * {@code VIRTCHNL_OP_}; the PTP ones also without {@code 1588_}.
 */
public enum Opcode {
    /** Never sent. */
    UNKNOWN(0),
    /** Agrees on the version of the protocol. */
    VERSION(1),
    /** Asks the PF to reset the VF; has no answer. */
    RESET_VF(2),
    /** Asks for capabilities, answers with resources. */
    GET_VF_RESOURCES(3),
    /** Configures one Tx queue; no Linux PF implements it. */
    CONFIG_TX_QUEUE(4),
    /** Configures one Rx queue; no Linux PF implements it. */
    CONFIG_RX_QUEUE(5),
    /** Configures queue pairs. */
    CONFIG_VSI_QUEUES(6),
    /** Maps queues to interrupt vectors. */
    CONFIG_IRQ_MAP(7),
    /** Starts queues. */
    ENABLE_QUEUES(8),
    /** Stops queues. */
    DISABLE_QUEUES(9),
    /** Adds MAC filters. */
    ADD_ETH_ADDR(10),
    /** Deletes MAC filters. */
    DEL_ETH_ADDR(11),
    /** Adds VLAN filters (V1). */
    ADD_VLAN(12),
    /** Deletes VLAN filters (V1). */
    DEL_VLAN(13),
    /** Sets unicast and multicast promiscuity. */
    CONFIG_PROMISCUOUS_MODE(14),
    /** Asks for the VF's counters. */
    GET_STATS(15),
    /** Reserved. */
    RSVD(16),
    /** An event; only the PF sends it. */
    EVENT(17),
    /** Chooses the RSS hash function. */
    CONFIG_RSS_HFUNC(18),
    /** Carries messages of the RDMA driver. */
    RDMA(20),
    /** Maps RDMA queues to interrupt vectors. */
    CONFIG_RDMA_IRQ_MAP(21),
    /** Undoes {@link #CONFIG_RDMA_IRQ_MAP}. */
    RELEASE_RDMA_IRQ_MAP(22),
    /** Sets the RSS key. */
    CONFIG_RSS_KEY(23),
    /** Sets the RSS lookup table. */
    CONFIG_RSS_LUT(24),
    /** Asks which packet types RSS can hash (GET_RSS_HENA_CAPS in older headers). */
    GET_RSS_HASHCFG(25),
    /** Chooses which packet types RSS hashes (SET_RSS_HENA in older headers). */
    SET_RSS_HASHCFG(26),
    /** Strips VLAN tags on receive (V1). */
    ENABLE_VLAN_STRIPPING(27),
    /** Leaves VLAN tags in place on receive (V1). */
    DISABLE_VLAN_STRIPPING(28),
    /** Asks for another number of queue pairs; granted by a reset. */
    REQUEST_QUEUES(29),
    /** Sets up traffic classes. */
    ENABLE_CHANNELS(30),
    /** Undoes {@link #ENABLE_CHANNELS}. */
    DISABLE_CHANNELS(31),
    /** Adds a tunnel filter. */
    ADD_CLOUD_FILTER(32),
    /** Deletes a tunnel filter. */
    DEL_CLOUD_FILTER(33),
    /** Carries inline IPsec messages. */
    INLINE_IPSEC_CRYPTO(34),
    /** For device configuration functions (DCF) only. */
    DCF_CONFIG_BW(37),
    /** For device configuration functions (DCF) only. */
    DCF_VLAN_OFFLOAD(38),
    /** For device configuration functions (DCF) only. */
    DCF_CMD_DESC(39),
    /** For device configuration functions (DCF) only. */
    DCF_CMD_BUFF(40),
    /** For device configuration functions (DCF) only. */
    DCF_DISABLE(41),
    /** For device configuration functions (DCF) only. */
    DCF_GET_VSI_MAP(42),
    /** For device configuration functions (DCF) only. */
    DCF_GET_PKG_INFO(43),
    /** Asks for the Rx descriptor formats on offer. */
    GET_SUPPORTED_RXDIDS(44),
    /** Adds an advanced RSS rule. */
    ADD_RSS_CFG(45),
    /** Deletes an advanced RSS rule. */
    DEL_RSS_CFG(46),
    /** Adds a flow director rule. */
    ADD_FDIR_FILTER(47),
    /** Deletes a flow director rule. */
    DEL_FDIR_FILTER(48),
    /** Asks for the widest RSS queue region. */
    GET_MAX_RSS_QREGION(50),
    /** Asks for the VLAN capabilities (V2). */
    GET_OFFLOAD_VLAN_V2_CAPS(51),
    /** Adds VLAN filters (V2). */
    ADD_VLAN_V2(52),
    /** Deletes VLAN filters (V2). */
    DEL_VLAN_V2(53),
    /** Strips VLAN tags on receive (V2). */
    ENABLE_VLAN_STRIPPING_V2(54),
    /** Leaves VLAN tags in place on receive (V2). */
    DISABLE_VLAN_STRIPPING_V2(55),
    /** Inserts VLAN tags on transmit (V2). */
    ENABLE_VLAN_INSERTION_V2(56),
    /** Undoes {@link #ENABLE_VLAN_INSERTION_V2}. */
    DISABLE_VLAN_INSERTION_V2(57),
    /** Turns VLAN filtering on. */
    ENABLE_VLAN_FILTERING_V2(58),
    /** Turns VLAN filtering off. */
    DISABLE_VLAN_FILTERING_V2(59),
    /** Asks for PTP capabilities. */
    PTP_GET_CAPS(60),
    /** Reads the PTP clock. */
    PTP_GET_TIME(61),
    /** Sets the PTP clock. */
    PTP_SET_TIME(62),
    /** Shifts the PTP clock. */
    PTP_ADJ_TIME(63),
    /** Adjusts the PTP clock's rate. */
    PTP_ADJ_FREQ(64),
    /** Reports a Tx timestamp. */
    PTP_TX_TIMESTAMP(65),
    /** Asks for quality-of-service capabilities. */
    GET_QOS_CAPS(66),
    /** Maps queues to traffic classes. */
    CONFIG_QUEUE_TC_MAP(67),
    /** Starts queues given as chunks. */
    ENABLE_QUEUES_V2(107),
    /** Stops queues given as chunks. */
    DISABLE_QUEUES_V2(108),
    /** Maps single queues to interrupt vectors. */
    MAP_QUEUE_VECTOR(111),
    /** Limits the bandwidth of queues. */
    CONFIG_QUEUE_BW(112),
    /** Sets the scheduling quantum of queues. */
    CONFIG_QUANTA(113),
    /** Subscribes to a flow. */
    FLOW_SUBSCRIBE(114),
    /** Ends a subscription. */
    FLOW_UNSUBSCRIBE(115),
    /** Reads from the GNSS module. */
    GNSS_READ_I2C(129),
    /** Writes to the GNSS module. */
    GNSS_WRITE_I2C(130),
    /** Hierarchical quality of service. */
    HQOS_TREE_READ(131),
    /** Hierarchical quality of service. */
    HQOS_ELEMS_ADD(132),
    /** Hierarchical quality of service. */
    HQOS_ELEMS_DEL(133),
    /** Hierarchical quality of service. */
    HQOS_ELEMS_MOVE(134),
    /** Hierarchical quality of service. */
    HQOS_ELEMS_CONF(135);

    private static final @Nullable Opcode[] BY_CODE = byCode();

    private final int code;

    Opcode(final int code) {
        this.code = code;
    }

    /**
     * The operation on the wire: the high cookie of a mailbox descriptor.
     *
     * @return 0..135.
     */
    public int code() {
        return code;
    }

    /**
     * The operation of a code.
     *
     * @param code as on the wire.
     * @return null for a code that isn't defined.
     */
    public static @Nullable Opcode of(final int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }

    /**
     * A name for any code.
     *
     * @param code as on the wire.
     * @return {@code OPCODE_99} for a code that isn't defined.
     */
    public static String nameOf(final int code) {
        final Opcode opcode = of(code);
        return opcode == null ? "OPCODE_" + Integer.toUnsignedString(code) : opcode.name();
    }

    private static @Nullable Opcode[] byCode() {
        final Opcode[] all = values();
        final @Nullable Opcode[] byCode = new @Nullable Opcode[all[all.length - 1].code + 1];
        for (final Opcode opcode : all) {
            byCode[opcode.code] = opcode;
        }
        return byCode;
    }
}
