package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * ADD_VLAN and DEL_VLAN, VF to PF (virtchnl.h, struct virtchnl_vlan_filter_list). With 2 spare zero
 * bytes after the last id, which the PF's length check demands: 6 + 2 n bytes.
 *
 * @param vsiId 0..65535.
 * @param vlanIds 1..{@link #MAX_ELEMENTS} of 0..65535; a PF rejects those above 4095.
 */
public record VlanFilterList(int vsiId, List<Integer> vlanIds) implements Message {
    /** The most VLAN ids that fit a message. */
    public static final int MAX_ELEMENTS = 2045;

    private static final int HEADER_BYTES = 4;
    private static final int ID_BYTES = 2;
    private static final int EMPTY_BYTES = HEADER_BYTES + ID_BYTES;

    /** Checks the ranges and copies the list. */
    public VlanFilterList {
        Wire.checkU16("VSI id", vsiId);
        vlanIds = List.copyOf(vlanIds);
        Wire.checkCount("VlanFilterList", vlanIds.size(), MAX_ELEMENTS);
        for (final int vlanId : vlanIds) {
            Wire.checkU16("VLAN id", vlanId);
        }
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + ID_BYTES * vlanIds.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, vlanIds.size());
        long at = offset + HEADER_BYTES;
        for (final int vlanId : vlanIds) {
            Wire.put16(buffer, at, vlanId);
            at += ID_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of ids in it.
     */
    public static VlanFilterList decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("VlanFilterList", lengthBytes, EMPTY_BYTES);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(
                "VlanFilterList", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, ID_BYTES);
        final List<Integer> vlanIds = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            vlanIds.add(Wire.u16(buffer, offset + HEADER_BYTES + (long) ID_BYTES * i));
        }
        return new VlanFilterList(Wire.u16(buffer, offset), vlanIds);
    }
}
