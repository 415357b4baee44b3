package dev.javf.vfio.kernel;

import dev.javf.vfio.IovaAllocator;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Translates a function's addresses, as the kernel's two interfaces have it. */
interface Iommu {
    /** The addresses that can be mapped; the kernel keeps some for itself. */
    List<IovaAllocator.Range> iovaRanges();

    /**
     * Maps memory to be read and written.
     *
     * @return 0 or an errno.
     */
    int map(long iova, MemorySegment memory);

    /**
     * Unmaps what was mapped.
     *
     * @return 0 or an errno.
     */
    int unmap(long iova, long lengthBytes);
}
