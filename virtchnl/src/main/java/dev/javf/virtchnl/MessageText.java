package dev.javf.virtchnl;

import java.util.Locale;

/** The part of a one-line description that belongs to a message's type. */
final class MessageText {
    /** Ranges, addresses and the like beyond this number are counted and not listed. */
    private static final int MAX_LISTED = 16;

    private MessageText() {}

    static String of(final Message message, final int opcode) {
        return switch (message) {
            case final VersionInfo m -> m.toString();
            case final VfResourcesRequest m -> "asks for " + Capability.names(m.capabilities());
            case final VfResources m -> resources(m);
            case final TxQueueInfo m -> "vsi " + m.vsiId() + ": Tx " + tx(m);
            case final RxQueueInfo m -> "vsi " + m.vsiId() + ": Rx " + rx(m);
            case final VsiQueueConfig m -> queueConfig(m);
            case final IrqMap m -> irqMap(m);
            case final QueueSelect m -> queueSelect(m, opcode);
            case final EthAddressList m -> addresses(m);
            case final VlanFilterList m -> vlans(m);
            case final VlanFilterListV2 m -> VlanFilterText.of(m);
            case final VlanV2Capabilities m -> vlanCapabilities(m);
            case final VlanSetting m -> vlanSetting(m);
            case final PromiscuousMode m -> promiscuous(m);
            case final EthStatistics m -> statistics(m);
            case final Event m -> event(m);
            case final RssKey m -> "vsi " + m.vsiId() + ": key of " + m.key().length + " bytes";
            case final RssLut m -> "vsi " + m.vsiId() + ": " + m.table().length + " entries";
            case final RssHashFunction m -> "vsi " + m.vsiId() + ": algorithm " + m.algorithm();
            case final RssHashConfig m -> "packet types 0x" + Long.toHexString(m.packetTypes());
            case final QueueRequest m -> count(m.queuePairs(), "queue pair");
            case final RxDescriptorIds m -> "bitmap 0x" + Long.toHexString(m.bitmap());
            case final MaxRssQueueRegion m -> "vport " + m.vportId() + ": width " + m.width();
            case final QueuesV2 m -> chunks(m);
            case final QueueVectorMap m ->
                    "vport " + m.vportId() + ": " + count(m.entries().size(), "queue");
            case final PtpCapabilities m -> "caps 0x" + Integer.toHexString(m.capabilities());
            case final PtpTime m -> Long.toUnsignedString(m.timeNs()) + " ns";
            case final ChannelsConfig m -> count(m.channels().size(), "channel");
        };
    }

    static String count(final long n, final String noun) {
        final String plural = noun.endsWith("s") ? noun + "es" : noun + "s";
        return Long.toUnsignedString(n) + " " + (n == 1 ? noun : plural);
    }

    private static String resources(final VfResources m) {
        final StringBuilder text = new StringBuilder();
        text.append(count(m.queuePairs(), "queue pair"))
                .append(", ")
                .append(count(m.maxVectors(), "vector"))
                .append(", max frame ")
                .append(m.maxFrameBytes());
        for (final VfResources.Vsi vsi : m.vsis().stream().limit(MAX_LISTED).toList()) {
            text.append(", vsi ").append(vsi.vsiId()).append(" MAC ").append(vsi.defaultMac());
        }
        if (m.vsis().isEmpty()) {
            text.append(", no vsi");
        } else if (m.vsis().size() > MAX_LISTED) {
            text.append(", ").append(m.vsis().size() - MAX_LISTED).append(" more");
        }
        return text.append(", caps ").append(Capability.names(m.capabilities())).toString();
    }

    private static String tx(final TxQueueInfo m) {
        return "queue " + m.queueId() + ", " + m.ringLength() + " descriptors";
    }

    private static String rx(final RxQueueInfo m) {
        return "queue "
                + m.queueId()
                + ", "
                + Integer.toUnsignedString(m.ringLength())
                + " descriptors of format "
                + m.descriptorId()
                + ", buffers "
                + Integer.toUnsignedString(m.bufferBytes())
                + ", max frame "
                + Integer.toUnsignedString(m.maxFrameBytes());
    }

    private static String queueConfig(final VsiQueueConfig m) {
        final VsiQueueConfig.QueuePair first = m.queuePairs().getFirst();
        return "vsi "
                + m.vsiId()
                + ": "
                + count(m.queuePairs().size(), "queue pair")
                + ", first: Tx "
                + tx(first.tx())
                + "; Rx "
                + rx(first.rx());
    }

    private static String irqMap(final IrqMap m) {
        final StringBuilder text = new StringBuilder(count(m.vectors().size(), "vector"));
        String separator = ": ";
        for (final IrqMap.VectorMap vector : m.vectors().stream().limit(MAX_LISTED).toList()) {
            text.append(separator)
                    .append(vector.vectorId())
                    .append(" rx 0x")
                    .append(Integer.toHexString(vector.rxQueueMap()))
                    .append(" tx 0x")
                    .append(Integer.toHexString(vector.txQueueMap()));
            separator = ", ";
        }
        return text.append(m.vectors().size() > MAX_LISTED ? ", ..." : "").toString();
    }

    private static String queueSelect(final QueueSelect m, final int opcode) {
        return opcode == Opcode.GET_STATS.code()
                ? "vsi " + m.vsiId()
                : "vsi "
                        + m.vsiId()
                        + ": rx 0x"
                        + Integer.toHexString(m.rxQueues())
                        + " tx 0x"
                        + Integer.toHexString(m.txQueues());
    }

    private static String addresses(final EthAddressList m) {
        final StringBuilder text = new StringBuilder("vsi ").append(m.vsiId()).append(": ");
        String separator = "";
        for (final EthAddressList.EthAddress address :
                m.addresses().stream().limit(MAX_LISTED).toList()) {
            text.append(separator)
                    .append(address.address())
                    .append(' ')
                    .append(address.type().name().toLowerCase(Locale.ROOT));
            separator = ", ";
        }
        text.append(m.addresses().size() > MAX_LISTED ? ", ..." : "");
        return text.append(size(m.addresses().size(), "address", m)).toString();
    }

    private static String vlans(final VlanFilterList m) {
        final VlanFilterText.Ranges ranges = new VlanFilterText.Ranges();
        m.vlanIds().forEach(ranges::add);
        return "vsi " + m.vsiId() + ": vlans " + ranges + size(m.vlanIds().size(), "filter", m);
    }

    static String size(final int n, final String noun, final Message message) {
        return " (" + count(n, noun) + ", " + message.lengthBytes() + " B)";
    }

    private static String vlanCapabilities(final VlanV2Capabilities m) {
        return "filtering outer "
                + VlanSupport.names(m.filtering().outer())
                + " inner "
                + VlanSupport.names(m.filtering().inner())
                + " max "
                + m.filtering().maxFilters()
                + ", stripping outer "
                + VlanSupport.names(m.stripping().outer())
                + " inner "
                + VlanSupport.names(m.stripping().inner())
                + ", insertion outer "
                + VlanSupport.names(m.insertion().outer())
                + " inner "
                + VlanSupport.names(m.insertion().inner());
    }

    private static String vlanSetting(final VlanSetting m) {
        return "vport "
                + m.vportId()
                + ": outer "
                + VlanSupport.names(m.outer())
                + " inner "
                + VlanSupport.names(m.inner());
    }

    private static String promiscuous(final PromiscuousMode m) {
        final String flags =
                switch (m.flags()) {
                    case 0 -> "off";
                    case PromiscuousMode.UNICAST -> "unicast";
                    case PromiscuousMode.MULTICAST -> "multicast";
                    case PromiscuousMode.UNICAST | PromiscuousMode.MULTICAST ->
                            "unicast and multicast";
                    default -> "flags 0x" + Integer.toHexString(m.flags());
                };
        return "vsi " + m.vsiId() + ": " + flags;
    }

    private static String statistics(final EthStatistics m) {
        return "rx "
                + Long.toUnsignedString(m.rxUnicast() + m.rxMulticast() + m.rxBroadcast())
                + " frames "
                + Long.toUnsignedString(m.rxBytes())
                + " bytes "
                + Long.toUnsignedString(m.rxDiscards())
                + " discards, tx "
                + Long.toUnsignedString(m.txUnicast() + m.txMulticast() + m.txBroadcast())
                + " frames "
                + Long.toUnsignedString(m.txBytes())
                + " bytes "
                + Long.toUnsignedString(m.txDiscards())
                + " discards "
                + Long.toUnsignedString(m.txErrors())
                + " errors";
    }

    private static String event(final Event event) {
        return switch (event) {
            case final Event.LinkChange m ->
                    "LINK_CHANGE "
                            + (m.up() ? "up " : "down ")
                            + (m.speedMbps() == 0
                                    ? "unknown speed"
                                    : Integer.toUnsignedString(m.speedMbps()) + " Mb/s");
            case final Event.ResetImpending m -> EventCode.RESET_IMPENDING.name();
            case final Event.PfDriverClose m -> EventCode.PF_DRIVER_CLOSE.name();
            case final Event.Unknown m ->
                    EventCode.nameOf(m.code())
                            + " data 0x"
                            + Long.toHexString(m.data())
                            + " severity "
                            + Integer.toUnsignedString(m.severity());
        };
    }

    private static String chunks(final QueuesV2 m) {
        final StringBuilder text = new StringBuilder("vport ").append(m.vportId()).append(':');
        for (final QueuesV2.Chunk chunk : m.chunks().stream().limit(MAX_LISTED).toList()) {
            text.append(' ')
                    .append(
                            switch (chunk.type()) {
                                case QueueVectorMap.TX -> "tx";
                                case QueueVectorMap.RX -> "rx";
                                default -> "type " + chunk.type();
                            })
                    .append(' ')
                    .append(chunk.firstQueueId())
                    .append('+')
                    .append(chunk.queues());
        }
        return text.append(m.chunks().size() > MAX_LISTED ? " ..." : "").toString();
    }
}
