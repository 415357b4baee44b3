package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** Finds the type of a message by its direction and operation. */
public final class MessageDecoder {
    private MessageDecoder() {}

    /**
     * Reads any message.
     *
     * @param direction who sends it.
     * @param opcode its operation.
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length; 0 is right only for operations without a body.
     * @param advancedSpeed whether {@link Capability#ADV_LINK_SPEED} was granted.
     * @return null if javf has no type for the body of this operation in this direction.
     * @throws MalformedMessageException if the bytes contradict the type.
     */
    public static @Nullable Message decode(
            final Direction direction,
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes,
            final boolean advancedSpeed) {
        final Opcode known = Opcode.of(opcode);
        if (known == null) {
            return null;
        }
        return direction == Direction.VF_TO_PF
                ? request(known, buffer, offset, lengthBytes)
                : answer(known, buffer, offset, lengthBytes, advancedSpeed);
    }

    private static @Nullable Message request(
            final Opcode opcode, final MemorySegment buffer, final long at, final int length) {
        return switch (opcode) {
            case VERSION -> VersionInfo.decode(buffer, at, length);
            // At version 1.0 the request has no body.
            case GET_VF_RESOURCES ->
                    length == 0 ? null : VfResourcesRequest.decode(buffer, at, length);
            case CONFIG_TX_QUEUE -> TxQueueInfo.decode(buffer, at, length);
            case CONFIG_RX_QUEUE -> RxQueueInfo.decode(buffer, at, length);
            case CONFIG_VSI_QUEUES -> VsiQueueConfig.decode(buffer, at, length);
            case CONFIG_IRQ_MAP -> IrqMap.decode(buffer, at, length);
            case ENABLE_QUEUES, DISABLE_QUEUES, GET_STATS -> QueueSelect.decode(buffer, at, length);
            case ADD_ETH_ADDR, DEL_ETH_ADDR -> EthAddressList.decode(buffer, at, length);
            case ADD_VLAN, DEL_VLAN -> VlanFilterList.decode(buffer, at, length);
            case ADD_VLAN_V2, DEL_VLAN_V2 -> VlanFilterListV2.decode(buffer, at, length);
            case CONFIG_PROMISCUOUS_MODE -> PromiscuousMode.decode(buffer, at, length);
            case CONFIG_RSS_HFUNC -> RssHashFunction.decode(buffer, at, length);
            case CONFIG_RSS_KEY -> RssKey.decode(buffer, at, length);
            case CONFIG_RSS_LUT -> RssLut.decode(buffer, at, length);
            case SET_RSS_HASHCFG -> RssHashConfig.decode(buffer, at, length);
            case REQUEST_QUEUES -> QueueRequest.decode(buffer, at, length);
            case ENABLE_CHANNELS -> ChannelsConfig.decode(buffer, at, length);
            case ENABLE_VLAN_STRIPPING_V2,
                    DISABLE_VLAN_STRIPPING_V2,
                    ENABLE_VLAN_INSERTION_V2,
                    DISABLE_VLAN_INSERTION_V2,
                    ENABLE_VLAN_FILTERING_V2,
                    DISABLE_VLAN_FILTERING_V2 ->
                    VlanSetting.decode(buffer, at, length);
            case PTP_GET_CAPS -> PtpCapabilities.decode(buffer, at, length);
            case PTP_GET_TIME -> PtpTime.decode(buffer, at, length);
            case ENABLE_QUEUES_V2, DISABLE_QUEUES_V2 -> QueuesV2.decode(buffer, at, length);
            case MAP_QUEUE_VECTOR -> QueueVectorMap.decode(buffer, at, length);
            default -> null;
        };
    }

    private static @Nullable Message answer(
            final Opcode opcode,
            final MemorySegment buffer,
            final long at,
            final int length,
            final boolean advancedSpeed) {
        return switch (opcode) {
            case VERSION -> VersionInfo.decode(buffer, at, length);
            case GET_VF_RESOURCES -> VfResources.decode(buffer, at, length);
            case GET_STATS -> EthStatistics.decode(buffer, at, length);
            case EVENT -> Event.decode(buffer, at, length, advancedSpeed);
            case GET_RSS_HASHCFG -> RssHashConfig.decode(buffer, at, length);
            case REQUEST_QUEUES -> QueueRequest.decode(buffer, at, length);
            case GET_SUPPORTED_RXDIDS -> RxDescriptorIds.decode(buffer, at, length);
            case GET_MAX_RSS_QREGION -> MaxRssQueueRegion.decode(buffer, at, length);
            case GET_OFFLOAD_VLAN_V2_CAPS -> VlanV2Capabilities.decode(buffer, at, length);
            case PTP_GET_CAPS -> PtpCapabilities.decode(buffer, at, length);
            case PTP_GET_TIME -> PtpTime.decode(buffer, at, length);
            default -> null;
        };
    }
}
