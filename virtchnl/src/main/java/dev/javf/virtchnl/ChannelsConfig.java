package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * ENABLE_CHANNELS, VF to PF (virtchnl.h, struct virtchnl_tc_info; 8 + 16 n bytes).
 *
 * @param channels the traffic classes, 1..{@link #MAX_ELEMENTS}.
 */
public record ChannelsConfig(List<Channel> channels) implements Message {
    /** The most channels that fit a message. */
    public static final int MAX_ELEMENTS = 255;

    private static final int HEADER_BYTES = 8;
    private static final int CHANNEL_BYTES = 16;

    /**
     * One traffic class.
     *
     * @param queues how many, 0..65535.
     * @param firstQueueId 0..65535.
     * @param maxTxRate in Mb/s, unsigned 64 bits; 0 is unlimited.
     */
    public record Channel(int queues, int firstQueueId, long maxTxRate) {
        /** Checks the ranges. */
        public Channel {
            Wire.checkU16("queues", queues);
            Wire.checkU16("queue id", firstQueueId);
        }
    }

    /** Checks the number and copies the list. */
    public ChannelsConfig {
        channels = List.copyOf(channels);
        Wire.checkCount("ChannelsConfig", channels.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return HEADER_BYTES + CHANNEL_BYTES * channels.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put32(buffer, offset, channels.size());
        long at = offset + HEADER_BYTES;
        for (final Channel channel : channels) {
            Wire.put16(buffer, at, channel.queues);
            Wire.put16(buffer, at + 2, channel.firstQueueId);
            Wire.put64(buffer, at + 8, channel.maxTxRate);
            at += CHANNEL_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of channels in
     *     it.
     */
    public static ChannelsConfig decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("ChannelsConfig", lengthBytes, HEADER_BYTES + CHANNEL_BYTES);
        final int count = Wire.i32(buffer, offset);
        Wire.requireElements(
                "ChannelsConfig", count, MAX_ELEMENTS, lengthBytes, HEADER_BYTES, CHANNEL_BYTES);
        final List<Channel> channels = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) CHANNEL_BYTES * i;
            channels.add(
                    new Channel(
                            Wire.u16(buffer, at),
                            Wire.u16(buffer, at + 2),
                            Wire.i64(buffer, at + 8)));
        }
        return new ChannelsConfig(channels);
    }
}
