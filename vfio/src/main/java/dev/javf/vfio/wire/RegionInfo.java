package dev.javf.vfio.wire;

import dev.javf.vfio.SparseMmap;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * DEVICE_GET_REGION_INFO and its answer (vfio.h, struct vfio_region_info). The parts that can be
 * mapped follow as a capability, and the file to map comes with the answer.
 *
 * @param argsz how long the answer may be; in the answer, how long it would have to be.
 * @param flags of the answer.
 * @param index of the region.
 * @param capOffset where in the answer the first capability is, 0 if there is none.
 * @param size of the region, in bytes.
 * @param offset of the region in the file that comes with the answer.
 */
public record RegionInfo(int argsz, int flags, int index, int capOffset, long size, long offset) {
    public static final int LENGTH_BYTES = 32;
    public static final int READ = 1;
    public static final int WRITE = 2;
    public static final int MMAP = 4;
    public static final int CAPS = 8;

    /** struct vfio_region_info_cap_sparse_mmap, without its areas. */
    public static final int SPARSE_MMAP_BYTES = 16;

    public static final int AREA_BYTES = 16;
    public static final int CAP_SPARSE_MMAP = 1;

    private static final int CAP_HEADER_BYTES = 8;

    public static RegionInfo decode(final MemorySegment payload) {
        return new RegionInfo(
                payload.get(Wire.U32, 0),
                payload.get(Wire.U32, 4),
                payload.get(Wire.U32, 8),
                payload.get(Wire.U32, 12),
                payload.get(Wire.U64, 16),
                payload.get(Wire.U64, 24));
    }

    public void encode(final MemorySegment payload) {
        payload.set(Wire.U32, 0, argsz);
        payload.set(Wire.U32, 4, flags);
        payload.set(Wire.U32, 8, index);
        payload.set(Wire.U32, 12, capOffset);
        payload.set(Wire.U64, 16, size);
        payload.set(Wire.U64, 24, offset);
    }

    /** How long an answer with these areas is. */
    public static int lengthBytes(final List<SparseMmap.Area> areas) {
        return LENGTH_BYTES + SPARSE_MMAP_BYTES + AREA_BYTES * areas.size();
    }

    public static void encodeAreas(final MemorySegment payload, final List<SparseMmap.Area> areas) {
        payload.set(Wire.U16, LENGTH_BYTES, (short) CAP_SPARSE_MMAP);
        payload.set(Wire.U16, LENGTH_BYTES + 2, (short) 1);
        payload.set(Wire.U32, LENGTH_BYTES + 4, 0);
        payload.set(Wire.U32, LENGTH_BYTES + 8, areas.size());
        payload.set(Wire.U32, LENGTH_BYTES + 12, 0);
        long at = LENGTH_BYTES + SPARSE_MMAP_BYTES;
        for (final SparseMmap.Area area : areas) {
            payload.set(Wire.U64, at, area.offset());
            payload.set(Wire.U64, at + 8, area.lengthBytes());
            at += AREA_BYTES;
        }
    }

    /**
     * The parts that can be mapped: those of the sparse mmap capability, or if there is none, the
     * whole region.
     *
     * @param payload of the answer; nothing in it is believed.
     * @throws IllegalArgumentException when the capabilities aren't well formed.
     */
    public List<SparseMmap.Area> decodeAreas(final MemorySegment payload) {
        long at = (flags & CAPS) == 0 ? 0 : Integer.toUnsignedLong(capOffset);
        // Each capability takes 8 bytes at least, so that a chain in a circle ends here.
        for (long steps = payload.byteSize() / CAP_HEADER_BYTES; at != 0 && steps > 0; steps--) {
            require(at >= LENGTH_BYTES && at <= payload.byteSize() - CAP_HEADER_BYTES, at);
            if (payload.get(Wire.U16, at) == CAP_SPARSE_MMAP) {
                return decodeAreas(payload, at);
            }
            at = Integer.toUnsignedLong(payload.get(Wire.U32, at + 4));
        }
        return List.of(new SparseMmap.Area(0, size));
    }

    private static List<SparseMmap.Area> decodeAreas(final MemorySegment payload, final long at) {
        require(at <= payload.byteSize() - SPARSE_MMAP_BYTES, at);
        final long count = Integer.toUnsignedLong(payload.get(Wire.U32, at + 8));
        final long first = at + SPARSE_MMAP_BYTES;
        require(count <= (payload.byteSize() - first) / AREA_BYTES, at);
        final List<SparseMmap.Area> areas = new ArrayList<>();
        for (long area = first; area < first + count * AREA_BYTES; area += AREA_BYTES) {
            areas.add(
                    new SparseMmap.Area(
                            payload.get(Wire.U64, area), payload.get(Wire.U64, area + 8)));
        }
        return areas;
    }

    private static void require(final boolean isWellFormed, final long at) {
        if (!isWellFormed) {
            throw new IllegalArgumentException(
                    "region info has a capability at " + at + " that exceeds it");
        }
    }
}
