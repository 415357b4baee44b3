package dev.javf.vfio.kernel;

import dev.javf.vfio.IovaAllocator;

import java.util.ArrayList;
import java.util.List;

/** Makes ranges that can be allocated from, of those that the kernel allows. */
final class IovaRanges {
    /** Where x86 sends its interrupts is never mapped, and low addresses only hide mistakes. */
    static final List<IovaAllocator.Range> UNSPECIFIED =
            List.of(
                    new IovaAllocator.Range(1L << 20, 0xFEDF_FFFFL),
                    new IovaAllocator.Range(1L << 32, (1L << 39) - 1));

    private static final long FIRST = 1L << 20;
    private static final long LAST = (1L << 62) - 1;

    private final List<IovaAllocator.Range> ranges = new ArrayList<>();
    private boolean isSpecified;

    /**
     * Adds a range.
     *
     * @param first its first address, unsigned.
     * @param last its last address, unsigned.
     */
    void add(final long first, final long last) {
        isSpecified = true;
        final long from = Long.compareUnsigned(first, FIRST) < 0 ? FIRST : first;
        final long to = Long.compareUnsigned(last, LAST) > 0 ? LAST : last;
        if (from >= 0 && from < to) {
            ranges.add(new IovaAllocator.Range(from, to));
        }
    }

    /**
     * What can be allocated from.
     *
     * @throws IllegalStateException if the kernel allows nothing that is of use.
     */
    List<IovaAllocator.Range> ranges() {
        if (ranges.isEmpty() && isSpecified) {
            throw new IllegalStateException(
                    "the kernel allows no I/O virtual addresses from 0x"
                            + Long.toHexString(FIRST)
                            + " to 0x"
                            + Long.toHexString(LAST)
                            + "; /sys/kernel/iommu_groups/N/reserved_regions lists what it keeps");
        }
        return isSpecified ? List.copyOf(ranges) : UNSPECIFIED;
    }
}
