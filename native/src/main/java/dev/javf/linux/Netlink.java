package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.net.Net;
import dev.javf.linux.net.ifaddrmsg;
import dev.javf.linux.net.ifinfomsg;
import dev.javf.linux.net.nlmsghdr;
import dev.javf.linux.net.sockaddr_nl;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Configures the network devices of one namespace over rtnetlink (rtnetlink(7)). Each request is
 * answered before it returns: the kernel carries it out while it is sent, so nothing ever waits.
 * One thread at a time uses it. Devices are named by their index, which {@link #link(String)} looks
 * up.
 *
 * <p>Every method throws {@link LinuxException} if the kernel refuses, with the kernel's own
 * explanation where it gives one.
 */
public final class Netlink implements AutoCloseable {
    private static final int RECEIVE_BYTES = 64 * 1024;
    private static final int MAX_DUMP_ATTEMPTS = 10;

    private final Descriptor descriptor;
    private final CallState state = new CallState();
    private final MemorySegment received = Arena.ofAuto().allocate(RECEIVE_BYTES, 8);
    private int sequence;

    private Netlink(final Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** In the calling thread's network namespace. */
    public static Netlink open() {
        final CallState state = CallState.ofThread();
        final int type = Net.SOCK_RAW() | Net.SOCK_CLOEXEC();
        final int fd = SocketCalls.socket(state, Net.AF_NETLINK(), type, Net.NETLINK_ROUTE());
        check(fd, "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)");
        final Descriptor descriptor = Descriptor.owned(fd);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment on = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
            check(
                    SocketCalls.setsockopt(state, fd, Net.SOL_NETLINK(), Net.NETLINK_EXT_ACK(), on),
                    "setsockopt(NETLINK_EXT_ACK)");
            check(
                    SocketCalls.setsockopt(
                            state, fd, Net.SOL_NETLINK(), LinuxConstants.NETLINK_CAP_ACK, on),
                    "setsockopt(NETLINK_CAP_ACK)");
            // Connected to port 0, the socket takes messages from the kernel alone.
            final MemorySegment kernel = arena.allocate(sockaddr_nl.layout());
            sockaddr_nl.nl_family(kernel, (short) Net.AF_NETLINK());
            check(SocketCalls.connect(state, fd, kernel), "connect(AF_NETLINK, kernel)");
            return new Netlink(descriptor);
        } catch (final RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /** In another network namespace. */
    public static Netlink open(final NetworkNamespace namespace) {
        return namespace.call(Netlink::open);
    }

    /** All devices of the namespace. */
    public List<Link> links() {
        for (int i = 0; i < MAX_DUMP_ATTEMPTS; i++) {
            final List<Link> links = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                final NetlinkRequest request =
                        NetlinkRequest.link(
                                arena,
                                "RTM_GETLINK of all",
                                Net.RTM_GETLINK(),
                                Net.NLM_F_DUMP(),
                                0);
                if (exchange(request, message -> links.add(NetlinkReply.link(message)))) {
                    return links;
                }
            }
        }
        throw new IllegalStateException(
                "the list of network devices changed during each of "
                        + MAX_DUMP_ATTEMPTS
                        + " attempts to read it");
    }

    /** The device of that name; ENODEV if there is none. */
    public Link link(final String name) {
        DeviceName.check("device name", name);
        final List<Link> links = new ArrayList<>(1);
        try (Arena arena = Arena.ofConfined()) {
            final NetlinkRequest request =
                    NetlinkRequest.link(
                                    arena,
                                    "RTM_GETLINK of '" + name + "'",
                                    Net.RTM_GETLINK(),
                                    Net.NLM_F_ACK(),
                                    0)
                            .attribute(Net.IFLA_IFNAME(), name);
            exchange(request, message -> links.add(NetlinkReply.link(message)));
        }
        return links.getFirst();
    }

    /**
     * What the host has set for each virtual function of a PF; ENODEV if there is no such device.
     *
     * @param name of the PF's network device.
     * @return by number; none if it isn't a PF's, or it has no functions.
     */
    public List<VfSettings> virtualFunctions(final String name) {
        DeviceName.check("device name", name);
        final List<VfSettings> functions = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            // Without their statistics, the answer for 256 of them fits.
            final NetlinkRequest request =
                    NetlinkRequest.link(
                                    arena,
                                    "RTM_GETLINK of the VFs of '" + name + "'",
                                    Net.RTM_GETLINK(),
                                    Net.NLM_F_ACK(),
                                    0)
                            .attribute(Net.IFLA_IFNAME(), name)
                            .attribute(
                                    LinuxConstants.IFLA_EXT_MASK,
                                    LinuxConstants.RTEXT_FILTER_VF
                                            | LinuxConstants.RTEXT_FILTER_SKIP_STATS);
            exchange(request, message -> functions.addAll(NetlinkReply.virtualFunctions(message)));
        }
        return functions;
    }

    /** Brings a device up or takes it down. */
    public void up(final int index, final boolean up) {
        try (Arena arena = Arena.ofConfined()) {
            final NetlinkRequest request = change(arena, index, up ? "up" : "down");
            ifinfomsg.ifi_flags(request.body(), up ? Net.IFF_UP() : 0);
            ifinfomsg.ifi_change(request.body(), Net.IFF_UP());
            exchange(request);
        }
    }

    /**
     * Sets a device's Ethernet address.
     *
     * @param macAddress 48 bits, the first octet in the most significant; unicast and not zero.
     */
    public void macAddress(final int index, final long macAddress) {
        MacBytes.requireUnicast(macAddress);
        final byte[] octets = new byte[6];
        MacBytes.put(MemorySegment.ofArray(octets), 0, macAddress);
        try (Arena arena = Arena.ofConfined()) {
            exchange(
                    change(arena, index, "address %012x".formatted(macAddress))
                            .attribute(Net.IFLA_ADDRESS(), octets));
        }
    }

    /** Sets a device's MTU, in bytes. */
    public void mtu(final int index, final int bytes) {
        try (Arena arena = Arena.ofConfined()) {
            exchange(change(arena, index, "mtu " + bytes).attribute(Net.IFLA_MTU(), bytes));
        }
    }

    /** Moves a device to another namespace, where it is down and has a new index. */
    public void moveTo(final int index, final NetworkNamespace namespace) {
        try (Arena arena = Arena.ofConfined()) {
            exchange(
                    change(arena, index, "netns " + namespace)
                            .attribute(Net.IFLA_NET_NS_FD(), namespace.descriptor().fd()));
        }
    }

    /**
     * Gives a device an IPv4 or IPv6 address, of use at once: an IPv6 address is not first tested
     * for being used by others.
     *
     * @param prefixBits length of the network prefix, up to 32 or 128.
     */
    public void addAddress(final int index, final InetAddress address, final int prefixBits) {
        final boolean isV4 = address instanceof Inet4Address;
        final byte[] bytes = address.getAddress();
        if (prefixBits < 0 || prefixBits > bytes.length * 8) {
            throw new IllegalArgumentException(
                    "prefix of "
                            + address.getHostAddress()
                            + " must be 0.."
                            + bytes.length * 8
                            + ", is "
                            + prefixBits);
        }
        try (Arena arena = Arena.ofConfined()) {
            final NetlinkRequest request =
                    new NetlinkRequest(
                            arena,
                            "RTM_NEWADDR "
                                    + address.getHostAddress()
                                    + "/"
                                    + prefixBits
                                    + " for device "
                                    + index,
                            LinuxConstants.RTM_NEWADDR,
                            Net.NLM_F_ACK() | Net.NLM_F_CREATE() | Net.NLM_F_EXCL(),
                            ifaddrmsg.sizeof());
            final MemorySegment body = request.body();
            ifaddrmsg.ifa_family(body, (byte) (isV4 ? Net.AF_INET() : Net.AF_INET6()));
            ifaddrmsg.ifa_prefixlen(body, (byte) prefixBits);
            ifaddrmsg.ifa_flags(body, (byte) (isV4 ? 0 : LinuxConstants.IFA_F_NODAD));
            ifaddrmsg.ifa_index(body, index);
            request.attribute(LinuxConstants.IFA_LOCAL, bytes);
            request.attribute(LinuxConstants.IFA_ADDRESS, bytes);
            exchange(request);
        }
    }

    /** Closes the socket. */
    @Override
    public void close() {
        descriptor.close();
    }

    private static NetlinkRequest change(final Arena arena, final int index, final String what) {
        return NetlinkRequest.link(
                arena,
                "RTM_NEWLINK of device " + index + ": " + what,
                Net.RTM_NEWLINK(),
                Net.NLM_F_ACK(),
                index);
    }

    private void exchange(final NetlinkRequest request) {
        exchange(request, message -> {});
    }

    /**
     * Sends a request and reads up to its acknowledgement.
     *
     * @return false if a list changed while it was read.
     */
    private boolean exchange(final NetlinkRequest request, final Consumer<MemorySegment> replies) {
        final int expected = ++sequence;
        final MemorySegment message = request.finish(expected);
        check(
                SocketCalls.send(state, descriptor.fd(), message.address(), message.byteSize(), 0),
                request.toString());
        boolean isConsistent = true;
        while (true) {
            final long lengthBytes = receive(request);
            for (long at = 0; at + NetlinkRequest.HEADER_BYTES <= lengthBytes; ) {
                final MemorySegment header = received.asSlice(at, lengthBytes - at);
                final int messageBytes = nlmsghdr.nlmsg_len(header);
                final MemorySegment reply = header.asSlice(0, messageBytes);
                at += NetlinkRequest.align(messageBytes);
                if (nlmsghdr.nlmsg_seq(reply) != expected) {
                    continue;
                }
                final int flags = nlmsghdr.nlmsg_flags(reply);
                isConsistent &= (flags & LinuxConstants.NLM_F_DUMP_INTR) == 0;
                final int type = nlmsghdr.nlmsg_type(reply);
                if (type == Net.NLMSG_ERROR() || type == Net.NLMSG_DONE()) {
                    checkOutcome(request, reply);
                    return isConsistent;
                }
                replies.accept(reply);
            }
        }
    }

    private long receive(final NetlinkRequest request) {
        final int flags = Net.MSG_DONTWAIT() | Net.MSG_TRUNC();
        final long lengthBytes =
                SocketCalls.recv(state, descriptor.fd(), received.address(), RECEIVE_BYTES, flags);
        check(lengthBytes, "the answer to " + request);
        if (lengthBytes > RECEIVE_BYTES) {
            throw new LinuxException("the answer to " + request, Libc.EMSGSIZE());
        }
        return lengthBytes;
    }

    private static void checkOutcome(final NetlinkRequest request, final MemorySegment reply) {
        final int errno = NetlinkReply.error(reply);
        if (errno != 0) {
            final @Nullable String explanation = NetlinkReply.explanation(reply);
            throw explanation == null
                    ? new LinuxException(request.toString(), errno)
                    : new LinuxException(request.toString(), errno, explanation);
        }
    }

    private static void check(final long result, final String call) {
        if (result < 0) {
            throw new LinuxException(call, (int) -result);
        }
    }
}
