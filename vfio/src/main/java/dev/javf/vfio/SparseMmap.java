package dev.javf.vfio;

import dev.javf.linux.SharedMemory;

import java.util.List;

/**
 * The parts of a memory region that are plain memory to whoever may map it, doorbells for one, and
 * the memory behind them (vfio.h, struct vfio_region_info_cap_sparse_mmap).
 *
 * <p>Whoever is given the memory can change all of it, not only the areas, at any time: what it
 * holds is never to be believed.
 *
 * @param memory its first byte is the region's first byte; it may be shorter than the region.
 * @param areas within the memory, whole pages of 4096 bytes, by ascending offset, not overlapping.
 */
public record SparseMmap(SharedMemory memory, List<Area> areas) {
    private static final long PAGE_BYTES = 4096;

    /**
     * Registers that have no effects when they are read or written.
     *
     * @param offset in the region, in bytes.
     * @param lengthBytes how many.
     */
    public record Area(long offset, long lengthBytes) {}

    public SparseMmap {
        areas = List.copyOf(areas);
        long end = 0;
        for (final Area area : areas) {
            if (area.offset() < end
                    || area.lengthBytes() <= 0
                    || ((area.offset() | area.lengthBytes()) & (PAGE_BYTES - 1)) != 0
                    || area.lengthBytes() > memory.lengthBytes() - area.offset()) {
                throw new IllegalArgumentException(
                        area
                                + " must be whole pages within "
                                + memory.lengthBytes()
                                + " bytes, after the area before it");
            }
            end = area.offset() + area.lengthBytes();
        }
    }
}
