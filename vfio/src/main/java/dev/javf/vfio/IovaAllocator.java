package dev.javf.vfio;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Hands out I/O virtual addresses from the ranges that the IOMMU allows. First fit; an allocation
 * of at least 2 MiB is aligned to 2 MiB, so that the IOMMU can use its large pages. For one thread.
 */
public final class IovaAllocator {
    private static final long SMALL_PAGE_BYTES = 4096;
    private static final long LARGE_PAGE_BYTES = 2L << 20;

    /** Free ranges: first address to length. */
    private final TreeMap<Long, Long> free = new TreeMap<>();

    /**
     * A range of addresses.
     *
     * @param first first address.
     * @param last last address.
     */
    public record Range(long first, long last) {}

    /**
     * All addresses in the ranges are free.
     *
     * @param allowed ranges that don't overlap, below 2^63.
     */
    public IovaAllocator(final List<Range> allowed) {
        for (final Range range : allowed) {
            if (range.first() < 0 || range.last() < range.first()) {
                throw new IllegalArgumentException("IOVA range " + range + " is empty or negative");
            }
            free.put(range.first(), range.last() - range.first() + 1);
        }
    }

    /**
     * Takes a free range.
     *
     * @param lengthBytes at least 1; rounded up to pages of 4096 bytes.
     * @return its first address.
     * @throws IllegalStateException when no free range is long enough.
     */
    public long allocate(final long lengthBytes) {
        final long length = align(lengthBytes, SMALL_PAGE_BYTES);
        final long alignment = length >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : SMALL_PAGE_BYTES;
        for (final Map.Entry<Long, Long> range : free.entrySet()) {
            final long start = align(range.getKey(), alignment);
            if (start + length <= range.getKey() + range.getValue()) {
                take(range.getKey(), range.getValue(), start, length);
                return start;
            }
        }
        throw new IllegalStateException(
                "no free I/O virtual address range of "
                        + length
                        + " bytes; unmap other memory, or use fewer packet buffers");
    }

    private void take(
            final long first, final long rangeLength, final long start, final long length) {
        free.remove(first);
        if (start > first) {
            free.put(first, start - first);
        }
        final long rest = first + rangeLength - start - length;
        if (rest > 0) {
            free.put(start + length, rest);
        }
    }

    /**
     * Gives a range back.
     *
     * @param iova from {@link #allocate}.
     * @param lengthBytes as given there.
     */
    public void free(final long iova, final long lengthBytes) {
        long start = iova;
        long length = align(lengthBytes, SMALL_PAGE_BYTES);
        final Map.Entry<Long, Long> before = free.lowerEntry(start);
        if (before != null && before.getKey() + before.getValue() == start) {
            start = before.getKey();
            length += before.getValue();
        }
        final Long after = free.remove(start + length);
        if (after != null) {
            length += after;
        }
        free.put(start, length);
    }

    private static long align(final long value, final long alignment) {
        return (value + alignment - 1) & -alignment;
    }
}
