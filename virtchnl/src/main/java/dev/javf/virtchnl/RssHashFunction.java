package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * CONFIG_RSS_HFUNC, VF to PF (virtchnl.h, struct virtchnl_rss_hfunc; 8 bytes).
 *
 * @param vsiId 0..65535.
 * @param algorithm {@link #TOEPLITZ} and following; 0..65535.
 */
public record RssHashFunction(int vsiId, int algorithm) implements Message {
    /** Toeplitz. */
    public static final int TOEPLITZ = 0;

    /** R, asymmetric. */
    public static final int R = 1;

    /** Toeplitz, the same for both directions of a flow. */
    public static final int TOEPLITZ_SYMMETRIC = 2;

    /** Exclusive or, the same for both directions of a flow. */
    public static final int XOR_SYMMETRIC = 3;

    private static final int LENGTH_BYTES = 8;

    /** Checks the ranges. */
    public RssHashFunction {
        Wire.checkU16("VSI id", vsiId);
        Wire.checkU16("algorithm", algorithm);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, algorithm);
        Wire.put32(buffer, offset + 4, 0);
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
    public static RssHashFunction decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("RssHashFunction", lengthBytes, LENGTH_BYTES);
        return new RssHashFunction(Wire.u16(buffer, offset), Wire.u16(buffer, offset + 2));
    }
}
