package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * ENABLE and DISABLE of VLAN_STRIPPING_V2, VLAN_INSERTION_V2 and VLAN_FILTERING_V2, VF to PF
 * (virtchnl.h, struct virtchnl_vlan_setting; 16 bytes).
 *
 * @param outer which EtherType of outer tags: one bit of {@link VlanSupport}, or 0.
 * @param inner which EtherType of inner tags: one bit of {@link VlanSupport}, or 0.
 * @param vportId the VSI's id, 0..65535.
 */
public record VlanSetting(int outer, int inner, int vportId) implements Message {
    private static final int LENGTH_BYTES = 16;

    /** Checks the ranges. */
    public VlanSetting {
        Wire.checkU16("vport id", vportId);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, LENGTH_BYTES);
        Wire.put32(buffer, offset, outer);
        Wire.put32(buffer, offset + 4, inner);
        Wire.put16(buffer, offset + 8, vportId);
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
    public static VlanSetting decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("VlanSetting", lengthBytes, LENGTH_BYTES);
        return new VlanSetting(
                Wire.i32(buffer, offset),
                Wire.i32(buffer, offset + 4),
                Wire.u16(buffer, offset + 8));
    }
}
