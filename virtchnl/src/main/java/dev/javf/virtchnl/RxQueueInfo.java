package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * An Rx queue (virtchnl.h, struct virtchnl_rxq_info; 40 bytes): CONFIG_RX_QUEUE, and half of each
 * pair of CONFIG_VSI_QUEUES.
 *
 * @param vsiId 0..65535.
 * @param queueId 0..65535.
 * @param ringLength descriptors, unsigned 32 bits; with 0 an ice PF skips this side.
 * @param headerBytes for header split, 0..65535; 0.
 * @param splitHeader 0..65535; 0.
 * @param bufferBytes length of each buffer, unsigned 32 bits; an ice PF takes 1024..16256.
 * @param maxFrameBytes longest frame to receive, unsigned 32 bits; an ice PF takes 64 and up.
 * @param crcDisable 1 to keep the frame check sequence (needs {@link Capability#CRC}), 0..255.
 * @param descriptorId the Rx descriptor format, 0..255: 1 is the legacy 32-byte one.
 * @param flags bit 0: PTP timestamps; 0..255.
 * @param ringAddress of the descriptors, as the device sees them.
 * @param splitPosition where headers are split; 0.
 */
public record RxQueueInfo(
        int vsiId,
        int queueId,
        int ringLength,
        int headerBytes,
        int splitHeader,
        int bufferBytes,
        int maxFrameBytes,
        int crcDisable,
        int descriptorId,
        int flags,
        long ringAddress,
        int splitPosition)
        implements Message {
    /** Rx descriptor format: legacy, 32 bytes. */
    public static final int DESCRIPTOR_LEGACY_32 = 1;

    /** Rx descriptor format: flexible, with the NIC profile. */
    public static final int DESCRIPTOR_FLEX_NIC = 2;

    /** {@link #flags}: timestamps of what is received. */
    public static final int FLAG_TIMESTAMP = 1;

    static final int LENGTH_BYTES = 40;

    /** Checks the ranges. */
    public RxQueueInfo {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkU16("queue id", queueId);
        Wire.checkU16("header bytes", headerBytes);
        Wire.checkU16("split header", splitHeader);
        Wire.checkU8("CRC disable", crcDisable);
        Wire.checkU8("descriptor id", descriptorId);
        Wire.checkU8("flags", flags);
    }

    /**
     * A queue without header split, check sequence or timestamps.
     *
     * @param vsiId 0..65535.
     * @param queueId 0..65535.
     * @param ringLength descriptors.
     * @param bufferBytes length of each buffer.
     * @param maxFrameBytes longest frame to receive.
     * @param descriptorId the Rx descriptor format, 0..255.
     * @param ringAddress of the descriptors, as the device sees them.
     */
    public RxQueueInfo(
            final int vsiId,
            final int queueId,
            final int ringLength,
            final int bufferBytes,
            final int maxFrameBytes,
            final int descriptorId,
            final long ringAddress) {
        this(
                vsiId,
                queueId,
                ringLength,
                0,
                0,
                bufferBytes,
                maxFrameBytes,
                0,
                descriptorId,
                0,
                ringAddress,
                0);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, LENGTH_BYTES);
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, queueId);
        Wire.put32(buffer, offset + 4, ringLength);
        Wire.put16(buffer, offset + 8, headerBytes);
        Wire.put16(buffer, offset + 10, splitHeader);
        Wire.put32(buffer, offset + 12, bufferBytes);
        Wire.put32(buffer, offset + 16, maxFrameBytes);
        Wire.put8(buffer, offset + 20, crcDisable);
        Wire.put8(buffer, offset + 21, descriptorId);
        Wire.put8(buffer, offset + 22, flags);
        Wire.put64(buffer, offset + 24, ringAddress);
        Wire.put32(buffer, offset + 32, splitPosition);
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length is wrong.
     */
    public static RxQueueInfo decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("RxQueueInfo", lengthBytes, LENGTH_BYTES);
        return new RxQueueInfo(
                Wire.u16(buffer, offset),
                Wire.u16(buffer, offset + 2),
                Wire.i32(buffer, offset + 4),
                Wire.u16(buffer, offset + 8),
                Wire.u16(buffer, offset + 10),
                Wire.i32(buffer, offset + 12),
                Wire.i32(buffer, offset + 16),
                Wire.u8(buffer, offset + 20),
                Wire.u8(buffer, offset + 21),
                Wire.u8(buffer, offset + 22),
                Wire.i64(buffer, offset + 24),
                Wire.i32(buffer, offset + 32));
    }
}
