package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;

/**
 * GET_OFFLOAD_VLAN_V2_CAPS, PF to VF (virtchnl.h, struct virtchnl_vlan_caps; 40 bytes). The words
 * are sets of {@link VlanSupport}.
 *
 * @param filtering what can be filtered.
 * @param stripping where tags can be stripped on receive.
 * @param insertion where tags can be inserted on transmit.
 * @param ethertypeInit the EtherType that stripping and insertion use at first.
 * @param ethertypeMatch 0: stripping and insertion must use one EtherType; 1: they are independent;
 *     0..255.
 */
public record VlanV2Capabilities(
        Filtering filtering,
        Support stripping,
        Support insertion,
        int ethertypeInit,
        int ethertypeMatch)
        implements Message {
    /** No VLAN capability at all: a PF in single VLAN mode with a port VLAN. */
    public static final VlanV2Capabilities NONE =
            new VlanV2Capabilities(
                    new Filtering(0, 0, 0, 0), new Support(0, 0), new Support(0, 0), 0, 0);

    private static final int LENGTH_BYTES = 40;

    /**
     * Filtering.
     *
     * @param outer for outer tags.
     * @param inner for inner tags.
     * @param ethertypeInit the EtherTypes filtered at first.
     * @param maxFilters how many filters the VF may have, VLAN 0 not counted; 0..65535.
     */
    public record Filtering(int outer, int inner, int ethertypeInit, int maxFilters) {
        /** Checks the ranges. */
        public Filtering {
            Wire.checkU16("max filters", maxFilters);
        }
    }

    /**
     * Stripping, or insertion.
     *
     * @param outer of outer tags.
     * @param inner of inner tags.
     */
    public record Support(int outer, int inner) {}

    /** Checks the ranges. */
    public VlanV2Capabilities {
        Wire.checkU8("EtherType match", ethertypeMatch);
    }

    @Override
    public int lengthBytes() {
        return LENGTH_BYTES;
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, LENGTH_BYTES);
        Wire.put32(buffer, offset, filtering.outer);
        Wire.put32(buffer, offset + 4, filtering.inner);
        Wire.put32(buffer, offset + 8, filtering.ethertypeInit);
        Wire.put16(buffer, offset + 12, filtering.maxFilters);
        Wire.put32(buffer, offset + 16, stripping.outer);
        Wire.put32(buffer, offset + 20, stripping.inner);
        Wire.put32(buffer, offset + 24, insertion.outer);
        Wire.put32(buffer, offset + 28, insertion.inner);
        Wire.put32(buffer, offset + 32, ethertypeInit);
        Wire.put8(buffer, offset + 36, ethertypeMatch);
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
    public static VlanV2Capabilities decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireLength("VlanV2Capabilities", lengthBytes, LENGTH_BYTES);
        return new VlanV2Capabilities(
                new Filtering(
                        Wire.i32(buffer, offset),
                        Wire.i32(buffer, offset + 4),
                        Wire.i32(buffer, offset + 8),
                        Wire.u16(buffer, offset + 12)),
                new Support(Wire.i32(buffer, offset + 16), Wire.i32(buffer, offset + 20)),
                new Support(Wire.i32(buffer, offset + 24), Wire.i32(buffer, offset + 28)),
                Wire.i32(buffer, offset + 32),
                Wire.u8(buffer, offset + 36));
    }
}
