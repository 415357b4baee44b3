package dev.javf.virtchnl;

import dev.javf.packet.MacAddress;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * GET_VF_RESOURCES, PF to VF (virtchnl.h, struct virtchnl_vf_resource; 20 bytes and 16 for each
 * VSI).
 *
 * @param queuePairs the VF's, 0..65535.
 * @param maxVectors interrupt vectors with the one of the mailbox, 0..65535.
 * @param maxFrameBytes the header's {@code max_mtu}: the port's longest frame, 0..65535.
 * @param capabilities granted: flags of {@link Capability}.
 * @param rssKeyBytes length of the RSS key, unsigned 32 bits.
 * @param rssLutEntries length of the RSS lookup table, unsigned 32 bits.
 * @param vsis the VF's virtual station interfaces; every PF known sends one.
 */
public record VfResources(
        int queuePairs,
        int maxVectors,
        int maxFrameBytes,
        int capabilities,
        int rssKeyBytes,
        int rssLutEntries,
        List<Vsi> vsis)
        implements Message {
    /** The most VSIs that fit a message. */
    public static final int MAX_ELEMENTS = 254;

    private static final int HEADER_BYTES = 20;
    private static final int VSI_BYTES = 16;

    /**
     * A virtual station interface: the VF as the switch sees it.
     *
     * @param vsiId names the VSI in other messages, 0..65535.
     * @param queuePairs of the VSI, 0..65535.
     * @param type {@link #TYPE_SRIOV}.
     * @param defaultMac assigned by the PF, or zero: then the VF chooses.
     */
    public record Vsi(int vsiId, int queuePairs, int type, MacAddress defaultMac) {
        /** The type of a VF's VSI (virtchnl.h, VIRTCHNL_VSI_SRIOV). */
        public static final int TYPE_SRIOV = 6;

        /** Checks the ranges. */
        public Vsi {
            Wire.checkU16("VSI id", vsiId);
            Wire.checkU16("queue pairs", queuePairs);
        }
    }

    /** Checks the ranges and copies the list. */
    public VfResources {
        Wire.checkU16("queue pairs", queuePairs);
        Wire.checkU16("vectors", maxVectors);
        Wire.checkU16("max frame", maxFrameBytes);
        vsis = List.copyOf(vsis);
        if (vsis.size() > MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "VfResources: " + vsis.size() + " VSIs, expected 0.." + MAX_ELEMENTS);
        }
    }

    @Override
    public int lengthBytes() {
        return HEADER_BYTES + VSI_BYTES * vsis.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vsis.size());
        Wire.put16(buffer, offset + 2, queuePairs);
        Wire.put16(buffer, offset + 4, maxVectors);
        Wire.put16(buffer, offset + 6, maxFrameBytes);
        Wire.put32(buffer, offset + 8, capabilities);
        Wire.put32(buffer, offset + 12, rssKeyBytes);
        Wire.put32(buffer, offset + 16, rssLutEntries);
        long at = offset + HEADER_BYTES;
        for (final Vsi vsi : vsis) {
            Wire.put16(buffer, at, vsi.vsiId);
            Wire.put16(buffer, at + 2, vsi.queuePairs);
            Wire.put32(buffer, at + 4, vsi.type);
            vsi.defaultMac.write(buffer, at + 10);
            at += VSI_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of VSIs in it.
     */
    public static VfResources decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("VfResources", lengthBytes, HEADER_BYTES);
        final int count = Wire.u16(buffer, offset);
        if (count > MAX_ELEMENTS) {
            throw MalformedMessageException.field(
                    "VfResources", "VSI count", count, "0.." + MAX_ELEMENTS);
        }
        Wire.requireLength("VfResources", lengthBytes, HEADER_BYTES + VSI_BYTES * count);
        final List<Vsi> vsis = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) VSI_BYTES * i;
            vsis.add(
                    new Vsi(
                            Wire.u16(buffer, at),
                            Wire.u16(buffer, at + 2),
                            Wire.i32(buffer, at + 4),
                            MacAddress.read(buffer, at + 10)));
        }
        return new VfResources(
                Wire.u16(buffer, offset + 2),
                Wire.u16(buffer, offset + 4),
                Wire.u16(buffer, offset + 6),
                Wire.i32(buffer, offset + 8),
                Wire.i32(buffer, offset + 12),
                Wire.i32(buffer, offset + 16),
                vsis);
    }
}
