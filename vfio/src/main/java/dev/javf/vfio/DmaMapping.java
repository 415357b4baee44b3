package dev.javf.vfio;

import java.lang.foreign.MemorySegment;

/**
 * Memory that a device can reach.
 *
 * @param memory as this process sees it.
 * @param iova the I/O virtual address at which the device sees its first byte.
 */
public record DmaMapping(MemorySegment memory, long iova) {
    /** Length in bytes. */
    public long lengthBytes() {
        return memory.byteSize();
    }

    /**
     * The device's address of a byte.
     *
     * @param offset in {@link #memory}, in bytes.
     * @return I/O virtual address.
     */
    public long iova(final long offset) {
        return iova + offset;
    }
}
