package dev.javf.linux;

import dev.javf.linux.libc.Libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file descriptor with one owner. Closing it twice is harmless, using it after that is an
 * {@link IllegalStateException}.
 *
 * <p>Any thread may use it and any may close it, but whoever closes it has first seen to it that no
 * other thread is in a call with it: the kernel gives the number to the next file that is opened.
 */
public final class Descriptor implements AutoCloseable {
    private final int fd;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Descriptor(final int fd) {
        this.fd = fd;
    }

    /**
     * Takes ownership of an open descriptor.
     *
     * @param fd its number, 0 or more.
     * @return the owner, which closes it.
     */
    public static Descriptor owned(final int fd) {
        if (fd < 0) {
            throw new IllegalArgumentException("a descriptor is 0 or more, not " + fd);
        }
        return new Descriptor(fd);
    }

    /**
     * Opens a file or device; O_CLOEXEC is always set.
     *
     * @param path of the file.
     * @param flags of fcntl.h, such as {@code Libc.O_RDWR()}.
     * @return the open descriptor.
     * @throws LinuxException if open(2) fails.
     * @throws IllegalArgumentException if the path contains NUL.
     */
    public static Descriptor open(final String path, final int flags) {
        if (path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "path '" + path.replace("\0", "\\0") + "' must not contain NUL");
        }
        final CallState state = CallState.ofThread();
        final int fd;
        try (Arena arena = Arena.ofConfined()) {
            fd = SystemCalls.open(state, arena.allocateFrom(path), flags | Libc.O_CLOEXEC(), 0600);
        }
        if (fd < 0) {
            throw new LinuxException("open(\"" + path + "\", " + accessMode(flags) + ")", -fd);
        }
        return new Descriptor(fd);
    }

    /** The number, to be passed to system calls. */
    public int fd() {
        if (closed.get()) {
            throw new IllegalStateException("descriptor " + fd + " is closed");
        }
        return fd;
    }

    /** Whether {@link #close()} has not been called yet. */
    public boolean isOpen() {
        return !closed.get();
    }

    /**
     * Another descriptor of the same open file, with an owner of its own; O_CLOEXEC is set.
     *
     * @throws LinuxException if fcntl(2) fails.
     */
    public Descriptor dup() {
        final int copy = SystemCalls.fcntl(CallState.ofThread(), fd(), Libc.F_DUPFD_CLOEXEC(), 0);
        if (copy < 0) {
            throw new LinuxException("fcntl(" + fd + ", F_DUPFD_CLOEXEC, 0)", -copy);
        }
        return new Descriptor(copy);
    }

    /** Makes reads and writes return EAGAIN where they would wait (O_NONBLOCK), or not. */
    public void nonBlocking(final boolean on) {
        final CallState state = CallState.ofThread();
        final int flags = SystemCalls.fcntl(state, fd(), Libc.F_GETFL(), 0);
        if (flags < 0) {
            throw new LinuxException("fcntl(" + fd + ", F_GETFL)", -flags);
        }
        final int wanted = on ? flags | Libc.O_NONBLOCK() : flags & ~Libc.O_NONBLOCK();
        final int result = SystemCalls.fcntl(state, fd, Libc.F_SETFL(), wanted);
        if (result < 0) {
            throw new LinuxException("fcntl(" + fd + ", F_SETFL, O_NONBLOCK)", -result);
        }
    }

    /**
     * ioctl(2) with a structure.
     *
     * @param name the request's name, for the error message.
     * @param request its number.
     * @param argument native memory that the request reads or writes.
     * @return what the call returned, 0 or more.
     * @throws LinuxException if it fails.
     */
    public int ioctl(final String name, final long request, final MemorySegment argument) {
        final int result = tryIoctl(request, argument);
        if (result < 0) {
            throw new LinuxException("ioctl(" + fd + ", " + name + ")", -result);
        }
        return result;
    }

    /**
     * ioctl(2) with a number.
     *
     * @param name the request's name, for the error message.
     * @param request its number.
     * @param argument the number.
     * @return what the call returned, 0 or more.
     * @throws LinuxException if it fails.
     */
    public int ioctl(final String name, final long request, final long argument) {
        final int result = tryIoctl(request, MemorySegment.ofAddress(argument));
        if (result < 0) {
            throw new LinuxException("ioctl(" + fd + ", " + name + ", " + argument + ")", -result);
        }
        return result;
    }

    /** ioctl(2) where failure is an expected answer: the result, or the negated errno. */
    public int tryIoctl(final long request, final MemorySegment argument) {
        return SystemCalls.ioctl(CallState.ofThread(), fd(), request, argument);
    }

    /**
     * pread(2) into native memory.
     *
     * @param memory where to; its whole length is asked for.
     * @param offset in the file, in bytes.
     * @return bytes read, or the negated errno.
     */
    public long pread(final MemorySegment memory, final long offset) {
        requireNative(memory);
        try {
            return SystemCalls.pread(
                    CallState.ofThread(), fd(), memory.address(), memory.byteSize(), offset);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /**
     * pwrite(2) from native memory.
     *
     * @param memory where from; its whole length is offered.
     * @param offset in the file, in bytes.
     * @return bytes written, or the negated errno.
     */
    public long pwrite(final MemorySegment memory, final long offset) {
        requireNative(memory);
        try {
            return SystemCalls.pwrite(
                    CallState.ofThread(), fd(), memory.address(), memory.byteSize(), offset);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /**
     * read(2) into native memory.
     *
     * @param memory where to; its whole length is asked for.
     * @return bytes read, or the negated errno.
     */
    public long read(final MemorySegment memory) {
        requireNative(memory);
        try {
            return SystemCalls.read(
                    CallState.ofThread(), fd(), memory.address(), memory.byteSize());
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /**
     * write(2) from native memory.
     *
     * @param memory where from; its whole length is offered.
     * @return bytes written, or the negated errno.
     */
    public long write(final MemorySegment memory) {
        requireNative(memory);
        try {
            return SystemCalls.write(
                    CallState.ofThread(), fd(), memory.address(), memory.byteSize());
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /**
     * Maps a part of the file or device, shared, for as long as the arena lives.
     *
     * @param offset first byte, a multiple of the file's page size.
     * @param lengthBytes more than 0.
     * @param protection of sys/mman.h, such as {@code Libc.PROT_READ() | Libc.PROT_WRITE()}.
     * @param arena its close unmaps; a shared one, closed once, after every user has stopped.
     * @return the mapped memory. It stays valid after this descriptor is closed.
     * @throws LinuxException if mmap(2) fails.
     */
    public MemorySegment map(
            final long offset, final long lengthBytes, final int protection, final Arena arena) {
        final long address =
                SystemCalls.mmap(
                        CallState.ofThread(),
                        lengthBytes,
                        protection,
                        Libc.MAP_SHARED(),
                        fd(),
                        offset);
        if (address < 0) {
            throw new LinuxException(
                    "mmap(" + lengthBytes + " bytes of descriptor " + fd + " at " + offset + ")",
                    (int) -address);
        }
        return MemorySegment.ofAddress(address)
                .reinterpret(
                        lengthBytes,
                        arena,
                        memory ->
                                SystemCalls.munmap(
                                        CallState.ofThread(), memory.address(), lengthBytes));
    }

    /** Closes it, once. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            // Linux frees the number even when close reports an error, so there is nothing to mend.
            SystemCalls.close(CallState.ofThread(), fd);
        }
    }

    @Override
    public String toString() {
        return "descriptor " + fd + (closed.get() ? " (closed)" : "");
    }

    private static void requireNative(final MemorySegment memory) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("needs native memory, not a heap segment");
        }
    }

    private static String accessMode(final int flags) {
        if ((flags & Libc.O_RDWR()) != 0) {
            return "O_RDWR";
        }
        return (flags & Libc.O_WRONLY()) != 0 ? "O_WRONLY" : "O_RDONLY";
    }
}
