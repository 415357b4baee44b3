package dev.javf.vfio.kernel;

/** The system calls that VFIO takes. Tests stand in for the kernel here. */
interface VfioCalls {
    /**
     * Opens a device node, to be read and written.
     *
     * @param path such as {@code /dev/vfio/vfio}.
     * @throws dev.javf.linux.LinuxException if it can't be opened.
     */
    VfioFile open(String path);

    /** Takes a descriptor that a call has returned. */
    VfioFile adopt(int fd);

    /**
     * How much memory this process may lock, in bytes; {@link dev.javf.linux.MemoryLock#UNLIMITED}
     * if as much as there is.
     */
    long lockableBytes();

    /** How much memory this process has locked, for devices and otherwise, in bytes. */
    long lockedBytes();
}
