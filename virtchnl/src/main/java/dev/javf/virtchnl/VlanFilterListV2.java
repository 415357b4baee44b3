package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * ADD_VLAN_V2 and DEL_VLAN_V2, VF to PF (virtchnl.h, struct virtchnl_vlan_filter_list_v2). Exactly
 * 8 + 32 n bytes.
 *
 * @param vportId the VSI's id, 0..65535.
 * @param filters 1..{@link #MAX_ELEMENTS}.
 */
public record VlanFilterListV2(int vportId, List<VlanFilterV2> filters) implements Message {
    /** The most filters that fit a message. */
    public static final int MAX_ELEMENTS = 127;

    private static final int HEADER_BYTES = 8;
    private static final int FILTER_BYTES = 32;

    /**
     * One filter.
     *
     * @param inner the inner tag, or {@link VlanTag#NONE}.
     * @param outer the outer tag, or {@link VlanTag#NONE}.
     */
    public record VlanFilterV2(VlanTag inner, VlanTag outer) {
        /**
         * A filter on the inner tag: what a PF in single VLAN mode offers.
         *
         * @param tpid the EtherType.
         * @param vlanId the VLAN id.
         * @return the filter.
         */
        public static VlanFilterV2 inner(final int tpid, final int vlanId) {
            return new VlanFilterV2(new VlanTag(tpid, vlanId), VlanTag.NONE);
        }

        /**
         * A filter on the outer tag: what a PF in double VLAN mode offers.
         *
         * @param tpid the EtherType.
         * @param vlanId the VLAN id.
         * @return the filter.
         */
        public static VlanFilterV2 outer(final int tpid, final int vlanId) {
            return new VlanFilterV2(VlanTag.NONE, new VlanTag(tpid, vlanId));
        }
    }

    /** Checks the ranges and copies the list. */
    public VlanFilterListV2 {
        Wire.checkU16("vport id", vportId);
        filters = List.copyOf(filters);
        Wire.checkCount("VlanFilterListV2", filters.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return HEADER_BYTES + FILTER_BYTES * filters.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vportId);
        Wire.put16(buffer, offset + 2, filters.size());
        long at = offset + HEADER_BYTES;
        for (final VlanFilterV2 filter : filters) {
            encode(filter.inner, buffer, at);
            encode(filter.outer, buffer, at + 8);
            at += FILTER_BYTES;
        }
    }

    private static void encode(final VlanTag tag, final MemorySegment buffer, final long offset) {
        Wire.put16(buffer, offset, tag.tci());
        Wire.put16(buffer, offset + 2, tag.tciMask());
        Wire.put16(buffer, offset + 4, tag.tpid());
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of filters in
     *     it.
     */
    public static VlanFilterListV2 decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("VlanFilterListV2", lengthBytes, HEADER_BYTES + FILTER_BYTES);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(
                "VlanFilterListV2", count, MAX_ELEMENTS, lengthBytes, HEADER_BYTES, FILTER_BYTES);
        final List<VlanFilterV2> filters = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) FILTER_BYTES * i;
            filters.add(new VlanFilterV2(decodeTag(buffer, at), decodeTag(buffer, at + 8)));
        }
        return new VlanFilterListV2(Wire.u16(buffer, offset), filters);
    }

    private static VlanTag decodeTag(final MemorySegment buffer, final long offset) {
        return new VlanTag(
                Wire.u16(buffer, offset),
                Wire.u16(buffer, offset + 2),
                Wire.u16(buffer, offset + 4));
    }
}
