package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * 1588_PTP_GET_CAPS, both ways (virtchnl.h, struct virtchnl_ptp_caps; 48 bytes). The 24 bytes about
 * the clock's registers stay zero: they count only with a capability that javf never asks for.
 *
 * @param capabilities {@link #TX_TIMESTAMP} and following.
 * @param maxAdjustment largest frequency adjustment, parts per billion, unsigned 32 bits.
 * @param txTimestampIndex 0..255.
 * @param externalTimestamps how many, 0..255.
 * @param periodicOutputs how many, 0..255.
 * @param pins how many, 0..255.
 * @param timestampFormat 0..255.
 */
public record PtpCapabilities(
        int capabilities,
        int maxAdjustment,
        int txTimestampIndex,
        int externalTimestamps,
        int periodicOutputs,
        int pins,
        int timestampFormat)
        implements Message {
    /** Timestamps on transmit. */
    public static final int TX_TIMESTAMP = 1;

    /** Timestamps on receive. */
    public static final int RX_TIMESTAMP = 2;

    /** The clock can be read. */
    public static final int READ_CLOCK = 4;

    /** The clock can be set. */
    public static final int WRITE_CLOCK = 8;

    /** The clock's registers can be read directly. */
    public static final int CLOCK_REGISTERS = 16;

    private static final int LENGTH_BYTES = 48;

    /** Checks the ranges. */
    public PtpCapabilities {
        Wire.checkU8("Tx timestamp index", txTimestampIndex);
        Wire.checkU8("external timestamps", externalTimestamps);
        Wire.checkU8("periodic outputs", periodicOutputs);
        Wire.checkU8("pins", pins);
        Wire.checkU8("timestamp format", timestampFormat);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, LENGTH_BYTES);
        Wire.put32(buffer, offset + 24, capabilities);
        Wire.put32(buffer, offset + 28, maxAdjustment);
        Wire.put8(buffer, offset + 32, txTimestampIndex);
        Wire.put8(buffer, offset + 33, externalTimestamps);
        Wire.put8(buffer, offset + 34, periodicOutputs);
        Wire.put8(buffer, offset + 35, pins);
        Wire.put8(buffer, offset + 36, timestampFormat);
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
    public static PtpCapabilities decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("PtpCapabilities", lengthBytes, LENGTH_BYTES);
        return new PtpCapabilities(
                Wire.i32(buffer, offset + 24),
                Wire.i32(buffer, offset + 28),
                Wire.u8(buffer, offset + 32),
                Wire.u8(buffer, offset + 33),
                Wire.u8(buffer, offset + 34),
                Wire.u8(buffer, offset + 35),
                Wire.u8(buffer, offset + 36));
    }
}
