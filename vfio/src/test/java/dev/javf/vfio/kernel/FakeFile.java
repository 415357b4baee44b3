package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A descriptor of {@link FakeKernel}'s, which knows no request. */
class FakeFile implements VfioFile {
    private final FakeKernel kernel;
    private final int fd;
    private boolean isOpen = true;

    FakeFile(final FakeKernel kernel) {
        this.kernel = kernel;
        fd = kernel.opened(this);
    }

    final FakeKernel kernel() {
        return kernel;
    }

    final boolean isOpen() {
        return isOpen;
    }

    @Override
    public final int fd() {
        if (!isOpen) {
            throw new IllegalStateException("descriptor " + fd + " is closed");
        }
        return fd;
    }

    @Override
    public int tryIoctl(final long request, final MemorySegment argument) {
        return -Libc.ENOTTY();
    }

    @Override
    public long pread(final MemorySegment memory, final long offset) {
        return -Libc.EINVAL();
    }

    @Override
    public long pwrite(final MemorySegment memory, final long offset) {
        return -Libc.EINVAL();
    }

    @Override
    public MemorySegment map(final long offset, final long lengthBytes, final Arena arena) {
        throw new LinuxException("mmap", Libc.ENODEV());
    }

    @Override
    public void close() {
        if (isOpen) {
            isOpen = false;
            kernel.closed(fd);
            onClose();
        }
    }

    void onClose() {}
}
