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

/** The system calls for sockets, in the manner of {@link SystemCalls}. */
final class SocketCalls {
    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SOCKETPAIR =
            link(
                    "socketpair",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle BIND =
            link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CONNECT =
            link("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN =
            link("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACCEPT4 =
            link("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle SENDMSG =
            link("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECVMSG =
            link("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SEND =
            link(
                    "send",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle RECV =
            link(
                    "recv",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            link(
                    "getsockopt",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SETSOCKOPT =
            link(
                    "setsockopt",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));

    private SocketCalls() {}

    static int socket(final CallState state, final int domain, final int type, final int protocol) {
        try {
            return result(state, (int) SOCKET.invokeExact(state.capture, domain, type, protocol));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int socketpair(
            final CallState state, final int domain, final int type, final MemorySegment twoFds) {
        try {
            return result(
                    state, (int) SOCKETPAIR.invokeExact(state.capture, domain, type, 0, twoFds));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int bind(final CallState state, final int fd, final MemorySegment address) {
        try {
            final int lengthBytes = (int) address.byteSize();
            return result(state, (int) BIND.invokeExact(state.capture, fd, address, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int connect(final CallState state, final int fd, final MemorySegment address) {
        try {
            final int lengthBytes = (int) address.byteSize();
            return result(
                    state, (int) CONNECT.invokeExact(state.capture, fd, address, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int listen(final CallState state, final int fd, final int backlog) {
        try {
            return result(state, (int) LISTEN.invokeExact(state.capture, fd, backlog));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int accept4(final CallState state, final int fd, final int flags) {
        try {
            return result(
                    state,
                    (int)
                            ACCEPT4.invokeExact(
                                    state.capture,
                                    fd,
                                    MemorySegment.NULL,
                                    MemorySegment.NULL,
                                    flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long sendmsg(
            final CallState state, final int fd, final MemorySegment msghdr, final int flags) {
        try {
            return result(state, (long) SENDMSG.invokeExact(state.capture, fd, msghdr, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long recvmsg(
            final CallState state, final int fd, final MemorySegment msghdr, final int flags) {
        try {
            return result(state, (long) RECVMSG.invokeExact(state.capture, fd, msghdr, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long send(
            final CallState state,
            final int fd,
            final long address,
            final long lengthBytes,
            final int flags) {
        try {
            return result(
                    state, (long) SEND.invokeExact(state.capture, fd, address, lengthBytes, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static long recv(
            final CallState state,
            final int fd,
            final long address,
            final long lengthBytes,
            final int flags) {
        try {
            return result(
                    state, (long) RECV.invokeExact(state.capture, fd, address, lengthBytes, flags));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code length} holds the value's length before the call and after it. */
    static int getsockopt(
            final CallState state,
            final int fd,
            final int level,
            final int option,
            final MemorySegment value,
            final MemorySegment length) {
        try {
            return result(
                    state,
                    (int) GETSOCKOPT.invokeExact(state.capture, fd, level, option, value, length));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }

    static int setsockopt(
            final CallState state,
            final int fd,
            final int level,
            final int option,
            final MemorySegment value) {
        try {
            final int lengthBytes = (int) value.byteSize();
            return result(
                    state,
                    (int)
                            SETSOCKOPT.invokeExact(
                                    state.capture, fd, level, option, value, lengthBytes));
        } catch (final Throwable t) {
            throw unexpected(t);
        }
    }
}
