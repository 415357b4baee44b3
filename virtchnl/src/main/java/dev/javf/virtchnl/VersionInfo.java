package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * VERSION, both ways (virtchnl.h, struct virtchnl_version_info; 8 bytes).
 *
 * @param major unsigned 32 bits.
 * @param minor unsigned 32 bits.
 */
public record VersionInfo(int major, int minor) implements Message {
    /** The version that javf speaks. */
    public static final VersionInfo VERSION_1_1 = new VersionInfo(1, 1);

    private static final int LENGTH_BYTES = 8;

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put32(buffer, offset, major);
        Wire.put32(buffer, offset + 4, minor);
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
    public static VersionInfo decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("VersionInfo", lengthBytes, LENGTH_BYTES);
        return new VersionInfo(Wire.i32(buffer, offset), Wire.i32(buffer, offset + 4));
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(major) + "." + Integer.toUnsignedString(minor);
    }
}
