package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.net.Net;
import dev.javf.linux.net.ucred;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A UNIX socket that never blocks, and that can pass descriptors and tell who the peer is
 * (unix(7)). One thread at a time uses it. Sending and receiving without descriptors allocates
 * nothing.
 */
public final class UnixSocket implements AutoCloseable {
    /** What a call returns that would have to wait: try again when {@link Epoll} says so. */
    public static final int WOULD_BLOCK = -Libc.EAGAIN();

    /** How many descriptors one message can carry. */
    public static final int MAX_DESCRIPTORS = RightsMessage.MAX_DESCRIPTORS;

    /** linux/limits.h: how many supplementary groups a process can have. */
    private static final int NGROUPS_MAX = 65536;

    /** Kinds of sockets. */
    public enum Kind {
        /** A stream of bytes. */
        STREAM(Net.SOCK_STREAM()),
        /** Messages with bounds, in order, over a connection. */
        SEQPACKET(Net.SOCK_SEQPACKET()),
        /** Messages with bounds, without a connection. */
        DATAGRAM(Net.SOCK_DGRAM());

        private final int value;

        Kind(final int value) {
            this.value = value;
        }
    }

    private final Descriptor descriptor;
    private final CallState state = new CallState();
    private final RightsMessage message = new RightsMessage();
    private final @Nullable SocketFile file;

    private UnixSocket(final Descriptor descriptor, final @Nullable SocketFile file) {
        this.descriptor = descriptor;
        this.file = file;
    }

    /**
     * Waits for connections, or for datagrams. A socket file that nobody listens to, as a killed
     * process leaves it, is replaced; closing removes the file.
     *
     * @param kind STREAM or SEQPACKET to accept connections, DATAGRAM to receive.
     * @param address where.
     * @param permissions of the socket file, such as 0660, less the umask; of no effect for an
     *     abstract name, which every process in the network namespace may connect to.
     * @throws LinuxException if the address is in use or not permitted.
     */
    public static UnixSocket listen(
            final Kind kind, final UnixAddress address, final int permissions) {
        final Descriptor descriptor = socket(kind);
        try {
            bind(descriptor, kind, address, permissions);
            final SocketFile file = address.isAbstract() ? null : SocketFile.of(address.path());
            if (kind != Kind.DATAGRAM) {
                check(
                        SocketCalls.listen(CallState.ofThread(), descriptor.fd(), Net.SOMAXCONN()),
                        "listen(" + address + ")");
            }
            return new UnixSocket(descriptor, file);
        } catch (final RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /**
     * Connects; a DATAGRAM socket then sends to that address.
     *
     * @throws LinuxException if nobody listens (ECONNREFUSED, ENOENT), it isn't permitted (EACCES),
     *     or too many others wait to be accepted (EAGAIN).
     */
    public static UnixSocket connect(final Kind kind, final UnixAddress address) {
        final Descriptor descriptor = socket(kind);
        final int result = connect(descriptor, address);
        if (result < 0) {
            descriptor.close();
            throw new LinuxException("connect(" + address + ")", -result);
        }
        return new UnixSocket(descriptor, null);
    }

    /**
     * Two sockets connected to one another.
     *
     * @return a list of two.
     * @throws LinuxException if socketpair(2) fails.
     */
    public static List<UnixSocket> pair(final Kind kind) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment fds = arena.allocate(ValueLayout.JAVA_INT, 2);
            check(
                    SocketCalls.socketpair(CallState.ofThread(), Net.AF_UNIX(), flags(kind), fds),
                    "socketpair(AF_UNIX, " + kind + ")");
            return List.of(
                    of(Descriptor.owned(fds.getAtIndex(ValueLayout.JAVA_INT, 0))),
                    of(Descriptor.owned(fds.getAtIndex(ValueLayout.JAVA_INT, 1))));
        }
    }

    /**
     * A connected socket that was opened elsewhere, such as one that was passed. It is made
     * non-blocking.
     *
     * @param connected becomes this object's.
     */
    public static UnixSocket of(final Descriptor connected) {
        connected.nonBlocking(true);
        return new UnixSocket(connected, null);
    }

    /**
     * The next connection.
     *
     * @return the connected socket; null if nobody waits.
     * @throws LinuxException if accept4(2) fails, as when all descriptors are used (EMFILE).
     */
    public @Nullable UnixSocket accept() {
        final int flags = Net.SOCK_CLOEXEC() | Net.SOCK_NONBLOCK();
        final int fd = SocketCalls.accept4(state, descriptor.fd(), flags);
        if (fd == WOULD_BLOCK || fd == -Libc.ECONNABORTED() || fd == -Libc.EINTR()) {
            return null;
        }
        check(fd, "accept4(" + descriptor + ")");
        return new UnixSocket(Descriptor.owned(fd), null);
    }

    /**
     * Who connected, or who listened when this socket connected.
     *
     * @throws LinuxException if the socket isn't connected.
     */
    public PeerCredentials peerCredentials() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment value = arena.allocate(ucred.layout());
            final MemorySegment length =
                    arena.allocateFrom(ValueLayout.JAVA_INT, (int) ucred.sizeof());
            check(
                    SocketCalls.getsockopt(
                            state,
                            descriptor.fd(),
                            Net.SOL_SOCKET(),
                            Net.SO_PEERCRED(),
                            value,
                            length),
                    "getsockopt(" + descriptor + ", SO_PEERCRED)");
            return new PeerCredentials(ucred.pid(value), ucred.uid(value), ucred.gid(value));
        }
    }

    /**
     * The supplementary groups of who connected, as they were then (SO_PEERGROUPS). The primary one
     * is in {@link #peerCredentials}.
     *
     * @throws LinuxException if the socket isn't connected.
     */
    public List<Integer> peerGroups() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment value = arena.allocate(ValueLayout.JAVA_INT, NGROUPS_MAX);
            final MemorySegment length =
                    arena.allocateFrom(ValueLayout.JAVA_INT, (int) value.byteSize());
            check(
                    SocketCalls.getsockopt(
                            state,
                            descriptor.fd(),
                            Net.SOL_SOCKET(),
                            LinuxConstants.SO_PEERGROUPS,
                            value,
                            length),
                    "getsockopt(" + descriptor + ", SO_PEERGROUPS)");
            final List<Integer> groups = new ArrayList<>();
            for (int i = 0; i < length.get(ValueLayout.JAVA_INT, 0) / Integer.BYTES; i++) {
                groups.add(value.getAtIndex(ValueLayout.JAVA_INT, i));
            }
            return groups;
        }
    }

    /**
     * Sends bytes.
     *
     * @param memory native memory.
     * @param offset of the first byte.
     * @param lengthBytes how many.
     * @return bytes sent (a STREAM may take only some), {@link #WOULD_BLOCK}, or another negated
     *     errno, such as -EPIPE when the peer has closed.
     */
    public int send(final MemorySegment memory, final long offset, final int lengthBytes) {
        final long address = address(memory, offset, lengthBytes);
        return (int)
                SocketCalls.send(state, descriptor.fd(), address, lengthBytes, Net.MSG_NOSIGNAL());
    }

    /**
     * Sends bytes together with descriptors. What is passed refers to the same open files; the
     * sender's descriptors stay open and its own.
     *
     * @param lengthBytes at least 1: descriptors travel with data.
     * @param passed up to {@link #MAX_DESCRIPTORS}.
     * @return as {@link #send(MemorySegment, long, int)}; if it is more than 0, all descriptors are
     *     sent, even if the bytes are not.
     */
    public int send(
            final MemorySegment memory,
            final long offset,
            final int lengthBytes,
            final List<Descriptor> passed) {
        if (passed.isEmpty()) {
            return send(memory, offset, lengthBytes);
        }
        if (passed.size() > MAX_DESCRIPTORS || lengthBytes < 1) {
            throw new IllegalArgumentException(
                    "a message carries 1.."
                            + MAX_DESCRIPTORS
                            + " descriptors with at least 1 byte, not "
                            + passed.size()
                            + " with "
                            + lengthBytes);
        }
        message.data(address(memory, offset, lengthBytes), lengthBytes);
        return (int) message.send(state, descriptor.fd(), passed);
    }

    /**
     * Receives bytes. Descriptors that come with them are closed by the kernel.
     *
     * @param memory native memory.
     * @param offset where the first byte goes.
     * @param capacityBytes room, at least 1.
     * @return bytes received, 0 if the peer has closed, {@link #WOULD_BLOCK} if there is nothing,
     *     -EMSGSIZE if a message was longer than the room (it is lost), or another negated errno.
     */
    public int receive(final MemorySegment memory, final long offset, final int capacityBytes) {
        return receive(memory, offset, capacityBytes, 0, List.of());
    }

    /**
     * Receives bytes and the descriptors that came with them.
     *
     * @param memory native memory.
     * @param offset where the first byte goes.
     * @param capacityBytes room, at least 1.
     * @param maxDescriptors how many to take at most, 0 to {@link #MAX_DESCRIPTORS}.
     * @param received gets the descriptors, which become the caller's; close-on-exec is set.
     * @return as {@link #receive(MemorySegment, long, int)}; -EMSGSIZE also if there were more
     *     descriptors than asked for, or than this process may open. Then all of them are closed,
     *     the data is lost, and a STREAM is best closed too.
     */
    public int receive(
            final MemorySegment memory,
            final long offset,
            final int capacityBytes,
            final int maxDescriptors,
            final List<Descriptor> received) {
        if (maxDescriptors < 0 || maxDescriptors > MAX_DESCRIPTORS || capacityBytes < 1) {
            throw new IllegalArgumentException(
                    "room for 0.."
                            + MAX_DESCRIPTORS
                            + " descriptors and at least 1 byte, not "
                            + maxDescriptors
                            + " and "
                            + capacityBytes);
        }
        message.data(address(memory, offset, capacityBytes), capacityBytes);
        final int result = (int) message.receive(state, descriptor.fd(), maxDescriptors);
        if (result < 0) {
            return result;
        }
        if (maxDescriptors == 0) {
            return message.isDataCut() ? -Libc.EMSGSIZE() : result;
        }
        if (message.isDataCut() || message.isControlCut()) {
            final List<Descriptor> unwanted = new ArrayList<>();
            message.collect(unwanted);
            unwanted.forEach(Descriptor::close);
            return -Libc.EMSGSIZE();
        }
        message.collect(received);
        return result;
    }

    /** The descriptor, to be polled; it remains this object's. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /** Closes the socket; one that listens removes its file, unless another has taken its place. */
    @Override
    public void close() {
        if (descriptor.isOpen()) {
            descriptor.close();
            if (file != null) {
                file.delete();
            }
        }
    }

    private static long address(
            final MemorySegment memory, final long offset, final int lengthBytes) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("needs native memory, not a heap segment");
        }
        Objects.checkFromIndexSize(offset, lengthBytes, memory.byteSize());
        return memory.address() + offset;
    }

    private static int flags(final Kind kind) {
        return kind.value | Net.SOCK_CLOEXEC() | Net.SOCK_NONBLOCK();
    }

    private static Descriptor socket(final Kind kind) {
        final int fd = SocketCalls.socket(CallState.ofThread(), Net.AF_UNIX(), flags(kind), 0);
        check(fd, "socket(AF_UNIX, " + kind + ")");
        return Descriptor.owned(fd);
    }

    private static int connect(final Descriptor descriptor, final UnixAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            return SocketCalls.connect(
                    CallState.ofThread(), descriptor.fd(), address.toNative(arena));
        }
    }

    private static void bind(
            final Descriptor descriptor,
            final Kind kind,
            final UnixAddress address,
            final int permissions) {
        final CallState state = CallState.ofThread();
        // The file gets the mode that the socket has when it is bound, so it is never wider.
        check(SystemCalls.fchmod(state, descriptor.fd(), permissions), "fchmod(" + address + ")");
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = address.toNative(arena);
            int result = SocketCalls.bind(state, descriptor.fd(), name);
            if (result == -Libc.EADDRINUSE() && isLeftOver(kind, address)) {
                SocketFile.of(address.path()).delete();
                result = SocketCalls.bind(state, descriptor.fd(), name);
            }
            check(result, "bind(" + address + ")");
        }
    }

    private static boolean isLeftOver(final Kind kind, final UnixAddress address) {
        if (address.isAbstract() || !SocketFile.isSocket(address.path())) {
            return false;
        }
        try (Descriptor probe = socket(kind)) {
            return connect(probe, address) == -Libc.ECONNREFUSED();
        }
    }

    private static void check(final int result, final String call) {
        if (result < 0) {
            throw new LinuxException(call, -result);
        }
    }
}
