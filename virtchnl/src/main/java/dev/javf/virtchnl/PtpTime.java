package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * 1588_PTP_GET_TIME, PF to VF (virtchnl.h, struct virtchnl_phc_time; 16 bytes).
 *
 * @param timeNs the PTP clock, nanoseconds, unsigned 64 bits.
 */
public record PtpTime(long timeNs) implements Message {
    private static final int LENGTH_BYTES = 16;

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put64(buffer, offset, timeNs);
        Wire.put64(buffer, offset + 8, 0);
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
    public static PtpTime decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("PtpTime", lengthBytes, LENGTH_BYTES);
        return new PtpTime(Wire.i64(buffer, offset));
    }
}
