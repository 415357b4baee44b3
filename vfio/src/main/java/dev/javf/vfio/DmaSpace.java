package dev.javf.vfio;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The memory that a device model may reach, as an IOMMU would show it: a map from I/O virtual
 * addresses to memory that the driver mapped. An access to anything else is a fault; it is recorded
 * and does nothing.
 *
 * <p>The driver's side maps and unmaps; the model's side reads through a {@link DmaCursor} of its
 * own, from any thread.
 */
public final class DmaSpace {
    /** Faults that are remembered; later ones are only counted. */
    public static final int FAULTS_REMEMBERED = 64;

    /**
     * A stretch of mapped memory.
     *
     * @param iova first address.
     * @param memory what is there.
     */
    record Region(long iova, MemorySegment memory) {
        boolean contains(final long address, final long lengthBytes) {
            final long offset = address - iova;
            return Long.compareUnsigned(offset, memory.byteSize()) < 0
                    && lengthBytes <= memory.byteSize() - offset;
        }
    }

    private final List<IommuFault> faults = new ArrayList<>();
    private volatile Region[] regions = new Region[0];
    private volatile long faultCount;

    /**
     * Maps memory.
     *
     * @param iova first address.
     * @param memory what is to be found there.
     * @throws IllegalArgumentException when a part of the range is mapped already, or it wraps.
     */
    public synchronized void map(final long iova, final MemorySegment memory) {
        final long length = memory.byteSize();
        if (length == 0 || Long.compareUnsigned(iova + length - 1, iova) < 0) {
            throw new IllegalArgumentException(
                    "DMA mapping at 0x"
                            + Long.toHexString(iova)
                            + " with "
                            + length
                            + " bytes is empty or wraps");
        }
        for (final Region region : regions) {
            if (Long.compareUnsigned(iova, region.iova() + region.memory().byteSize() - 1) <= 0
                    && Long.compareUnsigned(region.iova(), iova + length - 1) <= 0) {
                throw new IllegalArgumentException(
                        "DMA mapping at 0x"
                                + Long.toHexString(iova)
                                + " with "
                                + length
                                + " bytes overlaps the one at 0x"
                                + Long.toHexString(region.iova()));
            }
        }
        final Region[] next = Arrays.copyOf(regions, regions.length + 1);
        next[regions.length] = new Region(iova, memory);
        regions = next;
    }

    /**
     * Unmaps every mapping that lies wholly in a range. Nothing mapped there is no error.
     *
     * @param iova first address of the range.
     * @param lengthBytes of the range; together with {@code iova} at most 2^64, unsigned.
     * @return how many mappings were dropped.
     */
    public synchronized int unmap(final long iova, final long lengthBytes) {
        final List<Region> kept = new ArrayList<>();
        for (final Region region : regions) {
            final long offset = region.iova() - iova;
            final boolean inside =
                    Long.compareUnsigned(offset, lengthBytes) < 0
                            && Long.compareUnsigned(
                                            region.memory().byteSize(), lengthBytes - offset)
                                    <= 0;
            if (!inside) {
                kept.add(region);
            }
        }
        final int dropped = regions.length - kept.size();
        regions = kept.toArray(Region[]::new);
        return dropped;
    }

    /** Number of accesses that hit no mapping. */
    public long faultCount() {
        return faultCount;
    }

    /** The first faults, {@link #FAULTS_REMEMBERED} at most. */
    public synchronized List<IommuFault> faults() {
        return Collections.unmodifiableList(new ArrayList<>(faults));
    }

    /**
     * Records an access that the driver's mappings don't allow.
     *
     * @param fault the access.
     */
    public synchronized void recordFault(final IommuFault fault) {
        faultCount++;
        if (faults.size() < FAULTS_REMEMBERED) {
            faults.add(fault);
        }
    }

    Region[] regions() {
        return regions;
    }
}
