package dev.javf.vfio;

import java.lang.foreign.MemorySegment;

/**
 * A driver's memory that this process can't map: each access asks the driver's side, and waits for
 * its answer. Only the copying methods of {@link DmaCursor} come here.
 */
public interface RemoteMemory {
    /**
     * Copies from the driver's memory.
     *
     * @param iova first address, within what was mapped.
     * @param destination where to.
     * @param offset in {@code destination}, in bytes.
     * @param lengthBytes 1 or more.
     * @return whether it was done; if not, a part may have been copied.
     */
    boolean read(long iova, MemorySegment destination, long offset, long lengthBytes);

    /**
     * Copies to the driver's memory.
     *
     * @param iova first address, within what was mapped.
     * @param source where from.
     * @param offset in {@code source}, in bytes.
     * @param lengthBytes 1 or more.
     * @return whether it was done; if not, a part may have been copied.
     */
    boolean write(long iova, MemorySegment source, long offset, long lengthBytes);
}
