package dev.javf.vfio;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The memory that a device model may reach, as an IOMMU would show it: a map from I/O virtual
 * addresses to memory that the driver mapped. An access to anything else is a fault; it is recorded
 * and does nothing.
 *
 * <p>The driver's side maps and unmaps, from any thread; the model's side reads through a {@link
 * DmaCursor} of its own, from any thread. Tens of thousands of mappings that come and go are
 * normal: a guest with an IOMMU of its own maps page by page. Mappings that continue one another in
 * address and memory are one to the model.
 */
public final class DmaSpace {
    /** Faults that are remembered; later ones are only counted. */
    public static final int FAULTS_REMEMBERED = 64;

    private final List<IommuFault> faults = new ArrayList<>();
    private final TreeMap<Long, DmaRegion> mapped = new TreeMap<>(Long::compareUnsigned);
    private volatile DmaRegion @Nullable [] snapshot = new DmaRegion[0];
    private volatile long faultCount;

    /**
     * Maps memory that the function may read and write.
     *
     * @param iova first address.
     * @param memory what is to be found there; native.
     * @throws IllegalArgumentException when a part of the range is mapped already, or it wraps.
     */
    public void map(final long iova, final MemorySegment memory) {
        map(iova, memory, 0, memory.byteSize(), DmaAccess.READ_WRITE);
    }

    /**
     * Maps a part of some memory.
     *
     * @param iova first address.
     * @param memory holds what is to be found there; native.
     * @param offset of the part in it, in bytes.
     * @param lengthBytes of the part.
     * @param access what the function may do.
     * @throws IllegalArgumentException when a part of the range is mapped already, or it wraps.
     */
    public void map(
            final long iova,
            final MemorySegment memory,
            final long offset,
            final long lengthBytes,
            final DmaAccess access) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("DMA mapping of an array: " + memory);
        }
        Objects.checkFromIndexSize(offset, lengthBytes, memory.byteSize());
        add(new DmaRegion(iova, lengthBytes, memory, offset, access, null));
    }

    /**
     * Maps memory that isn't this process's. {@link DmaCursor#select} doesn't find it, its copying
     * methods do.
     *
     * @param iova first address.
     * @param lengthBytes 1 to 2^63 - 1.
     * @param access what the function may do.
     * @param remote how to get at it.
     * @throws IllegalArgumentException when a part of the range is mapped already, or it wraps.
     */
    public void map(
            final long iova,
            final long lengthBytes,
            final DmaAccess access,
            final RemoteMemory remote) {
        add(new DmaRegion(iova, lengthBytes, MemorySegment.NULL, 0, access, remote));
    }

    private synchronized void add(final DmaRegion region) {
        if (region.lengthBytes() <= 0
                || Long.compareUnsigned(region.lastIova(), region.iova()) < 0) {
            throw new IllegalArgumentException(
                    "DMA mapping at 0x"
                            + Long.toHexString(region.iova())
                            + " with "
                            + region.lengthBytes()
                            + " bytes is empty or wraps");
        }
        final DmaRegion other = overlapping(region.iova(), region.lengthBytes());
        if (other != null) {
            throw new IllegalArgumentException(
                    "DMA mapping at 0x"
                            + Long.toHexString(region.iova())
                            + " with "
                            + region.lengthBytes()
                            + " bytes overlaps the one at 0x"
                            + Long.toHexString(other.iova()));
        }
        mapped.put(region.iova(), region);
        snapshot = null;
    }

    private @Nullable DmaRegion overlapping(final long iova, final long lengthBytes) {
        final Map.Entry<Long, DmaRegion> before = mapped.floorEntry(iova + lengthBytes - 1);
        return before != null && Long.compareUnsigned(before.getValue().lastIova(), iova) >= 0
                ? before.getValue()
                : null;
    }

    /**
     * Whether any part of a range is mapped.
     *
     * @param iova first address of the range.
     * @param lengthBytes of the range, not 0; together with {@code iova} at most 2^64, unsigned.
     */
    public synchronized boolean isMapped(final long iova, final long lengthBytes) {
        return overlapping(iova, lengthBytes) != null;
    }

    /**
     * Unmaps every mapping that lies wholly in a range. Nothing mapped there is no error.
     *
     * @param iova first address of the range.
     * @param lengthBytes of the range; together with {@code iova} at most 2^64, unsigned.
     * @return how many mappings were dropped.
     */
    public int unmap(final long iova, final long lengthBytes) {
        return unmap(iova, lengthBytes, memory -> {});
    }

    /**
     * Unmaps every mapping that lies wholly in a range. Nothing mapped there is no error.
     *
     * @param iova first address of the range.
     * @param lengthBytes of the range; together with {@code iova} at most 2^64, unsigned.
     * @param dropped told, for each mapping dropped, the memory it was mapped with; not for remote
     *     ones.
     * @return how many mappings were dropped.
     */
    public synchronized int unmap(
            final long iova, final long lengthBytes, final Consumer<MemorySegment> dropped) {
        if (lengthBytes == 0) {
            return 0;
        }
        int count = 0;
        final Iterator<DmaRegion> candidates =
                mapped.subMap(iova, true, iova + lengthBytes - 1, true).values().iterator();
        while (candidates.hasNext()) {
            final DmaRegion region = candidates.next();
            final long rest = lengthBytes - (region.iova() - iova);
            if (Long.compareUnsigned(region.lengthBytes(), rest) <= 0) {
                candidates.remove();
                count++;
                if (region.remote() == null) {
                    dropped.accept(region.memory());
                }
            }
        }
        if (count > 0) {
            snapshot = null;
        }
        return count;
    }

    /** Unmaps everything. */
    public synchronized void unmapAll() {
        mapped.clear();
        snapshot = null;
    }

    /**
     * Whether an end of a range lies inside a mapping, so that unmapping the range would cut that
     * mapping in two.
     *
     * @param iova first address of the range.
     * @param lengthBytes of the range, not 0; together with {@code iova} at most 2^64, unsigned.
     */
    public synchronized boolean isCutBy(final long iova, final long lengthBytes) {
        final Map.Entry<Long, DmaRegion> before = mapped.lowerEntry(iova);
        if (before != null && Long.compareUnsigned(before.getValue().lastIova(), iova) >= 0) {
            return true;
        }
        final long last = iova + lengthBytes - 1;
        final Map.Entry<Long, DmaRegion> end = mapped.floorEntry(last);
        return end != null && Long.compareUnsigned(end.getValue().lastIova(), last) > 0;
    }

    /** Number of mappings. */
    public synchronized int size() {
        return mapped.size();
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

    /**
     * What is mapped, by ascending address. After each change it is another array; it is made when
     * it is first asked for, so that many changes in a row cost little.
     */
    DmaRegion[] regions() {
        final DmaRegion[] current = snapshot;
        return current != null ? current : rebuild();
    }

    private synchronized DmaRegion[] rebuild() {
        final DmaRegion[] current = snapshot;
        if (current != null) {
            return current;
        }
        final List<DmaRegion> joined = new ArrayList<>(mapped.size());
        for (final DmaRegion region : mapped.values()) {
            final int last = joined.size() - 1;
            if (last >= 0 && joined.get(last).isContinuedBy(region)) {
                joined.set(last, joined.get(last).joinedWith(region));
            } else {
                joined.add(region);
            }
        }
        final DmaRegion[] next = joined.toArray(DmaRegion[]::new);
        snapshot = next;
        return next;
    }
}
