package dev.javf.linux;

import static dev.javf.linux.SystemCalls.link;
import static dev.javf.linux.SystemCalls.result;
import static dev.javf.linux.SystemCalls.unexpected;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls for what a process or thread is and may do, in the manner of {@link
 * SystemCalls}.
 */
final class ProcessCalls {
    private static final MethodHandle UNSHARE =
            link("unshare", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle SETNS =
            link("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SCHED_SETAFFINITY =
            link(
                    "sched_setaffinity",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle SCHED_GETAFFINITY =
            link(
                    "sched_getaffinity",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle MLOCKALL =
            link("mlockall", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle MUNLOCKALL =
            link("munlockall", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETRLIMIT =
            link("getrlimit", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private static final MethodHandle CLOCK_GETTIME =
            link("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private ProcessCalls() {}

    /** Of the calling thread. */
    static int unshare(final CallState state, final int flags) {
        try {
            return result(state, (int) UNSHARE.invokeExact(state.capture, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** Of the calling thread. */
    static int setns(final CallState state, final int fd, final int kind) {
        try {
            return result(state, (int) SETNS.invokeExact(state.capture, fd, kind));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** Of the calling thread. */
    static int schedSetaffinity(final CallState state, final MemorySegment cpus) {
        try {
            return result(
                    state,
                    (int) SCHED_SETAFFINITY.invokeExact(state.capture, 0, cpus.byteSize(), cpus));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** Of the calling thread. */
    static int schedGetaffinity(final CallState state, final MemorySegment cpus) {
        try {
            return result(
                    state,
                    (int) SCHED_GETAFFINITY.invokeExact(state.capture, 0, cpus.byteSize(), cpus));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** Some clocks are those of the calling thread. */
    static int clockGettime(final CallState state, final int clock, final MemorySegment timespec) {
        try {
            return result(state, (int) CLOCK_GETTIME.invokeExact(state.capture, clock, timespec));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int mlockall(final CallState state, final int flags) {
        try {
            return result(state, (int) MLOCKALL.invokeExact(state.capture, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int munlockall(final CallState state) {
        try {
            return result(state, (int) MUNLOCKALL.invokeExact(state.capture));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int getrlimit(final CallState state, final int resource, final MemorySegment rlimit) {
        try {
            return result(state, (int) GETRLIMIT.invokeExact(state.capture, resource, rlimit));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }
}
