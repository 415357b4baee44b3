package dev.javf.vfio.kernel;

import dev.javf.vfio.DmaMapping;

import java.lang.foreign.MemorySegment;

/** Makes memory reachable for a function. For one thread. */
interface DmaMapper {
    /**
     * Maps memory.
     *
     * @param memory whole pages, native.
     * @throws IllegalStateException if there is no address or lockable memory left for it.
     * @throws dev.javf.linux.LinuxException if the kernel refuses.
     */
    DmaMapping map(MemorySegment memory);

    /**
     * Undoes {@link #map}.
     *
     * @throws IllegalArgumentException if there is no such mapping.
     */
    void unmap(DmaMapping mapping);

    /** Undoes all that is left. */
    void unmapAll();
}
