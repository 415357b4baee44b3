package dev.javf.vfio;

import dev.javf.vfio.DmaSpace.Region;

import java.lang.foreign.MemorySegment;

/**
 * One reader's way into a {@link DmaSpace}. It remembers the mapping that it found last, because
 * device models touch the same one again and again, and allocates nothing. For one thread.
 */
public final class DmaCursor {
    private static final Region[] NO_REGIONS = {};

    private final DmaSpace space;
    private Region[] regions = NO_REGIONS;
    private Region region = new Region(0, MemorySegment.NULL);
    private long offset;

    /**
     * A cursor that has selected nothing.
     *
     * @param space what to look in.
     */
    public DmaCursor(final DmaSpace space) {
        this.space = space;
    }

    /**
     * Looks an address range up. It must lie in one mapping.
     *
     * @param iova first address.
     * @param lengthBytes at least 1.
     * @return whether the driver has mapped it; if so, {@link #memory} and {@link #offset} say
     *     where it is.
     */
    @SuppressWarnings("ReferenceEquality") // a changed map is another array
    public boolean select(final long iova, final long lengthBytes) {
        final Region[] current = space.regions();
        if (current != regions || !region.contains(iova, lengthBytes)) {
            regions = current;
            Region found = null;
            for (final Region candidate : current) {
                if (candidate.contains(iova, lengthBytes)) {
                    found = candidate;
                    break;
                }
            }
            if (found == null) {
                regions = NO_REGIONS;
                return false;
            }
            region = found;
        }
        offset = iova - region.iova();
        return true;
    }

    /** The memory that the last successful {@link #select} found. */
    public MemorySegment memory() {
        return region.memory();
    }

    /** Where in {@link #memory} the selected range starts, in bytes. */
    public long offset() {
        return offset;
    }
}
