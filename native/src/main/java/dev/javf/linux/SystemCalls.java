package dev.javf.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls for descriptors and memory, each linked once. They return what the kernel
 * returns: the result, or the negated errno. None throws.
 *
 * <p>Those of the packet path take addresses as numbers, so that a call needs no object; their
 * callers have checked the bounds and keep the memory alive.
 */
final class SystemCalls {
    private static final MethodHandle OPEN =
            variadic("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE =
            link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FCNTL =
            variadic("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle IOCTL =
            variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle READ =
            link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle WRITE =
            link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle READV =
            link("readv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle WRITEV =
            link("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PREAD =
            link(
                    "pread",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PWRITE =
            link(
                    "pwrite",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle LSEEK =
            link("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle EVENTFD =
            link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle MEMFD_CREATE =
            link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FSTATFS =
            link("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MMAP =
            link(
                    "mmap",
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG));
    private static final MethodHandle MUNMAP =
            link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MADVISE =
            link("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private static final MethodHandle FCHMOD =
            link("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle EPOLL_CREATE1 =
            link("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle EPOLL_CTL =
            link(
                    "epoll_ctl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle EPOLL_WAIT =
            link(
                    "epoll_wait",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));

    private static final MethodHandle POLL =
            link("poll", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

    private SystemCalls() {}

    static int open(
            final CallState state, final MemorySegment path, final int flags, final int mode) {
        try {
            return result(state, (int) OPEN.invokeExact(state.capture, path, flags, mode));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int close(final CallState state, final int fd) {
        try {
            return result(state, (int) CLOSE.invokeExact(state.capture, fd));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int fcntl(final CallState state, final int fd, final int command, final int argument) {
        try {
            return result(state, (int) FCNTL.invokeExact(state.capture, fd, command, argument));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int ioctl(
            final CallState state, final int fd, final long request, final MemorySegment argument) {
        try {
            return result(state, (int) IOCTL.invokeExact(state.capture, fd, request, argument));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long read(
            final CallState state, final int fd, final long address, final long lengthBytes) {
        try {
            return result(state, (long) READ.invokeExact(state.capture, fd, address, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long write(
            final CallState state, final int fd, final long address, final long lengthBytes) {
        try {
            return result(state, (long) WRITE.invokeExact(state.capture, fd, address, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long readv(final CallState state, final int fd, final long vectors, final int count) {
        try {
            return result(state, (long) READV.invokeExact(state.capture, fd, vectors, count));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long writev(final CallState state, final int fd, final long vectors, final int count) {
        try {
            return result(state, (long) WRITEV.invokeExact(state.capture, fd, vectors, count));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long pread(
            final CallState state,
            final int fd,
            final long address,
            final long lengthBytes,
            final long offset) {
        try {
            return result(
                    state,
                    (long) PREAD.invokeExact(state.capture, fd, address, lengthBytes, offset));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long pwrite(
            final CallState state,
            final int fd,
            final long address,
            final long lengthBytes,
            final long offset) {
        try {
            return result(
                    state,
                    (long) PWRITE.invokeExact(state.capture, fd, address, lengthBytes, offset));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long lseek(final CallState state, final int fd, final long offset, final int whence) {
        try {
            return result(state, (long) LSEEK.invokeExact(state.capture, fd, offset, whence));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int eventfd(final CallState state, final int initial, final int flags) {
        try {
            return result(state, (int) EVENTFD.invokeExact(state.capture, initial, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int memfdCreate(final CallState state, final MemorySegment name, final int flags) {
        try {
            return result(state, (int) MEMFD_CREATE.invokeExact(state.capture, name, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int ftruncate(final CallState state, final int fd, final long lengthBytes) {
        try {
            return result(state, (int) FTRUNCATE.invokeExact(state.capture, fd, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int fstatfs(final CallState state, final int fd, final MemorySegment statfs) {
        try {
            return result(state, (int) FSTATFS.invokeExact(state.capture, fd, statfs));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** The address of the mapping, or the negated errno: no user address is negative. */
    static long mmap(
            final CallState state,
            final long lengthBytes,
            final int protection,
            final int flags,
            final int fd,
            final long offset) {
        try {
            return result(
                    state,
                    (long)
                            MMAP.invokeExact(
                                    state.capture, 0L, lengthBytes, protection, flags, fd, offset));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int munmap(final CallState state, final long address, final long lengthBytes) {
        try {
            return result(state, (int) MUNMAP.invokeExact(state.capture, address, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int madvise(
            final CallState state, final long address, final long lengthBytes, final int advice) {
        try {
            return result(
                    state, (int) MADVISE.invokeExact(state.capture, address, lengthBytes, advice));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int fchmod(final CallState state, final int fd, final int mode) {
        try {
            return result(state, (int) FCHMOD.invokeExact(state.capture, fd, mode));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollCreate(final CallState state, final int flags) {
        try {
            return result(state, (int) EPOLL_CREATE1.invokeExact(state.capture, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollCtl(
            final CallState state,
            final int epoll,
            final int operation,
            final int fd,
            final MemorySegment event) {
        try {
            return result(
                    state, (int) EPOLL_CTL.invokeExact(state.capture, epoll, operation, fd, event));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int epollWait(
            final CallState state,
            final int epoll,
            final MemorySegment events,
            final int capacity,
            final int timeoutMs) {
        try {
            return result(
                    state,
                    (int)
                            EPOLL_WAIT.invokeExact(
                                    state.capture, epoll, events, capacity, timeoutMs));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int poll(
            final CallState state, final long address, final long count, final int timeoutMs) {
        try {
            return result(state, (int) POLL.invokeExact(state.capture, address, count, timeoutMs));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static MethodHandle link(final String function, final FunctionDescriptor descriptor) {
        return link(function, descriptor, Linker.Option.captureCallState("errno"));
    }

    static MethodHandle variadic(
            final String function, final int firstVariadic, final FunctionDescriptor descriptor) {
        return link(
                function,
                descriptor,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    private static MethodHandle link(
            final String function,
            final FunctionDescriptor descriptor,
            final Linker.Option... options) {
        final Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(function), descriptor, options);
    }

    /** errno is looked at only after a failure: a successful call leaves an older one standing. */
    static int result(final CallState state, final int returned) {
        return returned == -1 ? -state.errno() : returned;
    }

    /** As the other, for calls that return a long. */
    static long result(final CallState state, final long returned) {
        return returned == -1 ? -state.errno() : returned;
    }

    /** A downcall itself throws only for misuse by this package, such as a closed arena. */
    static RuntimeException unexpected(final Throwable thrown) {
        if (thrown instanceof final RuntimeException e) {
            return e;
        }
        if (thrown instanceof final Error e) {
            throw e;
        }
        return new IllegalStateException(thrown);
    }
}
