package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * A virtchnl message with a body. Which operation it belongs to is not in its bytes but in the
 * mailbox descriptor's high cookie ({@link Opcode}); operations that are not among these types have
 * an empty body in that direction, or one that javf only passes by ({@link MessageLength}).
 *
 * <p>Each type also has a static {@code decode(buffer, offset, lengthBytes)}, which throws {@link
 * MalformedMessageException} unless the length is exactly the one that the type and the element
 * count inside it demand. The other side must not be able to change the bytes meanwhile: decode a
 * private copy, never a DMA buffer.
 */
public sealed interface Message
        permits ChannelsConfig,
                EthAddressList,
                EthStatistics,
                Event,
                IrqMap,
                MaxRssQueueRegion,
                PromiscuousMode,
                PtpCapabilities,
                PtpTime,
                QueueRequest,
                QueueSelect,
                QueueVectorMap,
                QueuesV2,
                RssHashConfig,
                RssHashFunction,
                RssKey,
                RssLut,
                RxDescriptorIds,
                RxQueueInfo,
                TxQueueInfo,
                VersionInfo,
                VfResources,
                VfResourcesRequest,
                VlanFilterList,
                VlanFilterListV2,
                VlanSetting,
                VlanV2Capabilities,
                VsiQueueConfig {

    /** The size of a mailbox buffer: the longest message, in bytes. */
    int MAX_BUFFER_BYTES = 4096;

    /**
     * The exact length of this message.
     *
     * @return bytes, 1..{@link #MAX_BUFFER_BYTES}.
     */
    int lengthBytes();

    /**
     * Writes {@link #lengthBytes()} bytes, padding and spare elements as zeros included.
     *
     * @param buffer where to; must be writable.
     * @param offset of the first byte.
     * @throws IndexOutOfBoundsException if the buffer is too short.
     */
    void encode(MemorySegment buffer, long offset);
}
