package dev.javf.vfio.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An open VFIO or iommufd descriptor. */
interface VfioFile extends AutoCloseable {
    /** The number, for other calls. */
    int fd();

    /**
     * ioctl(2).
     *
     * @param request its number.
     * @param argument a structure, or {@link MemorySegment#ofAddress} of a number.
     * @return what the call returned, or the negated errno.
     */
    int tryIoctl(long request, MemorySegment argument);

    /** pread(2): bytes read, or the negated errno. */
    long pread(MemorySegment memory, long offset);

    /** pwrite(2): bytes written, or the negated errno. */
    long pwrite(MemorySegment memory, long offset);

    /**
     * mmap(2), shared, to be read and written.
     *
     * @throws dev.javf.linux.LinuxException if it fails.
     */
    MemorySegment map(long offset, long lengthBytes, Arena arena);

    @Override
    void close();
}
