package dev.javf.vfio;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * One reader's way into a {@link DmaSpace}. It remembers the mapping that it found last, because
 * device models touch the same one again and again. For one thread.
 *
 * <p>There are two ways. {@link #select} and {@link #selectReadable} find memory and allocate
 * nothing; what they found may be used until the duty cycle ends. {@link #read} and {@link #write}
 * copy, across borders of mappings, and also reach memory that isn't this process's.
 */
public final class DmaCursor {
    private static final DmaRegion[] NO_REGIONS = {};

    private final DmaSpace space;
    private DmaRegion[] regions = NO_REGIONS;
    private DmaRegion region = DmaRegion.NONE;

    /** Where the region starts for the driver, and in this process. */
    private long start;

    private long startAddress;

    /** Of the region, if it is memory of this process; 0 otherwise. */
    private long selectableBytes;

    private boolean isWritable;

    /** Bytes from there to what was selected. */
    private long selected;

    /**
     * A cursor that has selected nothing.
     *
     * @param space what to look in.
     */
    public DmaCursor(final DmaSpace space) {
        this.space = space;
    }

    /**
     * Looks up an address range to be read or written. It must lie in one mapping.
     *
     * @param iova first address.
     * @param lengthBytes at least 1.
     * @return whether the driver has mapped it for both; if so, {@link #memory} and {@link #offset}
     *     say where it is.
     */
    public boolean select(final long iova, final long lengthBytes) {
        return selectReadable(iova, lengthBytes) && isWritable;
    }

    /**
     * Looks up an address range to be read only. It must lie in one mapping.
     *
     * @param iova first address.
     * @param lengthBytes at least 1.
     * @return whether the driver has mapped it; if so, {@link #memory} and {@link #offset} say
     *     where it is.
     */
    public boolean selectReadable(final long iova, final long lengthBytes) {
        if (!isHere(iova, lengthBytes) && (find(iova) == null || !isHere(iova, lengthBytes))) {
            return false;
        }
        selected = iova - start;
        return true;
    }

    /** Whether the region that is remembered has all of a range. */
    @SuppressWarnings("ReferenceEquality") // a changed map is another array
    private boolean isHere(final long iova, final long lengthBytes) {
        final long offset = iova - start;
        return space.regions() == regions
                && Long.compareUnsigned(offset, selectableBytes) < 0
                && Long.compareUnsigned(lengthBytes - 1, selectableBytes - offset) < 0;
    }

    /** The memory that the last successful {@link #select} found something in. */
    public MemorySegment memory() {
        return region.memory();
    }

    /** Where in {@link #memory} the selected range starts, in bytes. */
    public long offset() {
        return region.memoryOffset() + selected;
    }

    /**
     * Where the selected range starts in this process's memory, for {@link
     * dev.javf.linux.UncheckedMemory}: only as far as was selected, and only in this duty cycle of
     * a model whose memory nobody else unmaps.
     */
    public long address() {
        return startAddress + selected;
    }

    /**
     * Copies what the function reads.
     *
     * @param iova first address.
     * @param destination where to.
     * @param destinationOffset in bytes.
     * @param lengthBytes at least 1.
     * @return whether all of it is mapped; if not, a part may have been copied.
     */
    public boolean read(
            final long iova,
            final MemorySegment destination,
            final long destinationOffset,
            final long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            final DmaRegion found = find(iova + done);
            if (found == null) {
                return false;
            }
            final long at = iova + done - found.iova();
            final long length = Math.min(lengthBytes - done, found.lengthBytes() - at);
            final RemoteMemory remote = found.remote();
            if (remote == null) {
                MemorySegment.copy(
                        found.memory(),
                        found.memoryOffset() + at,
                        destination,
                        destinationOffset + done,
                        length);
            } else if (!remote.read(iova + done, destination, destinationOffset + done, length)) {
                return false;
            }
            done += length;
        }
        return true;
    }

    /**
     * Copies what the function writes.
     *
     * @param iova first address.
     * @param source where from.
     * @param sourceOffset in bytes.
     * @param lengthBytes at least 1.
     * @return whether all of it is mapped for writing; if not, a part may have been copied.
     */
    public boolean write(
            final long iova,
            final MemorySegment source,
            final long sourceOffset,
            final long lengthBytes) {
        long done = 0;
        while (done < lengthBytes) {
            final DmaRegion found = find(iova + done);
            if (found == null || !found.isWritable()) {
                return false;
            }
            final long at = iova + done - found.iova();
            final long length = Math.min(lengthBytes - done, found.lengthBytes() - at);
            final RemoteMemory remote = found.remote();
            if (remote == null) {
                MemorySegment.copy(
                        source,
                        sourceOffset + done,
                        found.memory(),
                        found.memoryOffset() + at,
                        length);
            } else if (!remote.write(iova + done, source, sourceOffset + done, length)) {
                return false;
            }
            done += length;
        }
        return true;
    }

    /** The region that contains an address; remembered if there is one. */
    @SuppressWarnings("ReferenceEquality") // a changed map is another array
    private @Nullable DmaRegion find(final long iova) {
        final DmaRegion[] current = space.regions();
        if (current == regions && region.contains(iova, 1)) {
            return region;
        }
        regions = current;
        int low = 0;
        int high = current.length - 1;
        while (low <= high) {
            final int middle = (low + high) >>> 1;
            final DmaRegion candidate = current[middle];
            if (candidate.contains(iova, 1)) {
                remember(candidate);
                return candidate;
            }
            if (Long.compareUnsigned(candidate.iova(), iova) < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        remember(DmaRegion.NONE);
        return null;
    }

    private void remember(final DmaRegion found) {
        region = found;
        start = found.iova();
        startAddress = found.memory().address() + found.memoryOffset();
        selectableBytes = found.remote() == null ? found.lengthBytes() : 0;
        isWritable = found.isWritable();
    }
}
