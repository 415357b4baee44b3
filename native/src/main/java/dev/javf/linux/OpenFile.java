package dev.javf.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.libc.stat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is behind a descriptor, for those who were passed one and don't trust it (fstat(2)).
 *
 * @param device of the file system that holds the file.
 * @param inode of the file. Two descriptors with the same device and inode are of the same file.
 * @param lengthBytes of the file.
 * @param isRegular whether it is a regular file, a memfd for one.
 * @param seals the F_SEAL_ bits of a memfd; 0 for files of a kind that knows none.
 */
public record OpenFile(long device, long inode, long lengthBytes, boolean isRegular, int seals) {
    private static final MethodHandle FSTAT =
            SystemCalls.link("fstat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final int S_IFREG = 0100000;

    /**
     * Looks at a descriptor.
     *
     * @param descriptor remains the caller's.
     * @throws LinuxException if fstat(2) fails.
     */
    public static OpenFile of(final Descriptor descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment status = arena.allocate(stat.layout());
            final CallState state = CallState.ofThread();
            final int result = fstat(state, descriptor.fd(), status);
            if (result < 0) {
                throw new LinuxException("fstat(" + descriptor + ")", -result);
            }
            final int seals = SystemCalls.fcntl(state, descriptor.fd(), Libc.F_GET_SEALS(), 0);
            return new OpenFile(
                    stat.st_dev(status),
                    stat.st_ino(status),
                    stat.st_size(status),
                    (stat.st_mode(status) & LinuxConstants.S_IFMT) == S_IFREG,
                    Math.max(0, seals));
        }
    }

    /**
     * Whether a descriptor is an eventfd, so that writing to it can neither wait nor do anything
     * else than signal.
     *
     * @param descriptor remains the caller's.
     */
    public static boolean isEventFd(final Descriptor descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor.fd()))
                    .toString()
                    .equals("anon_inode:[eventfd]");
        } catch (final IOException e) {
            return false;
        }
    }

    /**
     * Whether a file's pages are huge ones (hugetlbfs), which are only to be had while some are
     * free: a page that somebody has taken out of the file may not come back.
     *
     * @param descriptor remains the caller's.
     * @throws LinuxException if fstatfs(2) fails.
     */
    public static boolean hasHugePages(final Descriptor descriptor) {
        return SharedMemory.pageSize(descriptor) != PageSize.PLAIN_4K;
    }

    private static int fstat(final CallState state, final int fd, final MemorySegment status) {
        try {
            return SystemCalls.result(state, (int) FSTAT.invokeExact(state.capture, fd, status));
        } catch (final Throwable t) {
            throw SystemCalls.unexpected(t);
        }
    }
}
