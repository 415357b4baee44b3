package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_VF_RESOURCES, VF to PF, since version 1.1 (4 bytes; at version 1.0 the body is empty).
 *
 * @param capabilities asked for: flags of {@link Capability}.
 */
public record VfResourcesRequest(int capabilities) implements Message {
    private static final int LENGTH_BYTES = 4;

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.put32(buffer, offset, capabilities);
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
    public static VfResourcesRequest decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("VfResourcesRequest", lengthBytes, LENGTH_BYTES);
        return new VfResourcesRequest(Wire.i32(buffer, offset));
    }
}
