package dev.javf.linux;

import dev.javf.linux.libc.Libc;
import dev.javf.linux.net.Net;
import dev.javf.linux.net.ifreq;
import dev.javf.linux.net.sockaddr;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A network device of the kernel whose other end is this object (linux/if_tun.h, IFF_TAP): what the
 * kernel transmits is read here, what is written here the kernel receives. It never blocks, and it
 * is gone once it is closed, however this process ends.
 *
 * <p>{@link #read} and {@link #write} allocate nothing and throw nothing but for misuse; one thread
 * at a time calls them. The other methods may be called from any thread.
 */
public final class TapDevice implements AutoCloseable {
    /** Length of the header before each frame, if it has one. */
    public static final int HEADER_BYTES = 12;

    private static final String CLONE_DEVICE = "/dev/net/tun";
    private static final int WOULD_BLOCK = -Libc.EAGAIN();
    private static final int TOO_LONG = -Libc.EMSGSIZE();
    private static final long MAC_OFFSET = ifreq.ifr_ifru$offset() + sockaddr.sa_data$offset();
    private static final long FLAGS_OFFSET =
            ifreq.ifr_ifru$offset() + ifreq.ifr_ifru.ifru_flags$offset();
    private static final long MTU_OFFSET =
            ifreq.ifr_ifru$offset() + ifreq.ifr_ifru.ifru_mtu$offset();

    private final Descriptor descriptor;

    /** Any socket in the device's namespace: requests for devices by name go through one. */
    private final Descriptor control;

    private final CallState state = new CallState();

    private final boolean hasHeaders;

    private TapDevice(
            final Descriptor descriptor, final Descriptor control, final boolean hasHeaders) {
        this.descriptor = descriptor;
        this.control = control;
        this.hasHeaders = hasHeaders;
    }

    /**
     * Makes a device in the calling thread's network namespace; it is down.
     *
     * @param name 1 to 15 bytes without '/', ':', '%' and white space.
     * @throws LinuxException if the name is in use (EBUSY), it isn't permitted (needs
     *     CAP_NET_ADMIN), or the kernel has no TAP devices.
     * @throws IllegalArgumentException if the name can't be one.
     */
    public static TapDevice open(final String name) {
        return open(name, false);
    }

    /**
     * As {@link #open(String)}, perhaps with offloads: then each frame has a header before it, of
     * {@link #HEADER_BYTES} bytes, little endian (struct virtio_net_hdr_v1), in what is read and
     * what is written; the kernel leaves checksums and TCP segmentation to whoever reads its
     * frames, which are up to 65,535 bytes of IP long then, and takes the same from whoever writes.
     *
     * @param name 1 to 15 bytes without '/', ':', '%' and white space.
     * @param withHeaders whether to.
     */
    public static TapDevice open(final String name, final boolean withHeaders) {
        DeviceName.check("TAP name", name);
        final Descriptor descriptor =
                Descriptor.open(CLONE_DEVICE, Libc.O_RDWR() | Libc.O_NONBLOCK());
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = arena.allocate(ifreq.layout());
            request.setString(0, name);
            request.set(
                    ValueLayout.JAVA_SHORT,
                    FLAGS_OFFSET,
                    (short)
                            (Net.IFF_TAP()
                                    | Net.IFF_NO_PI()
                                    | Net.IFF_TUN_EXCL()
                                    | (withHeaders ? Net.IFF_VNET_HDR() : 0)));
            final int result = descriptor.tryIoctl(LinuxConstants.TUNSETIFF, request);
            if (result < 0) {
                throw openFailure(name, -result);
            }
            if (withHeaders) {
                offload(descriptor, arena.allocate(ValueLayout.JAVA_INT));
            }
            final int type = Net.SOCK_DGRAM() | Net.SOCK_CLOEXEC();
            final int socket = SocketCalls.socket(CallState.ofThread(), Net.AF_UNIX(), type, 0);
            if (socket < 0) {
                throw new LinuxException("socket(AF_UNIX, SOCK_DGRAM)", -socket);
            }
            return new TapDevice(descriptor, Descriptor.owned(socket), withHeaders);
        } catch (final RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void offload(final Descriptor descriptor, final MemorySegment number) {
        number.set(ValueLayout.JAVA_INT, 0, HEADER_BYTES);
        descriptor.ioctl("TUNSETVNETHDRSZ", LinuxConstants.TUNSETVNETHDRSZ, number);
        number.set(ValueLayout.JAVA_INT, 0, 1);
        descriptor.ioctl("TUNSETVNETLE", LinuxConstants.TUNSETVNETLE, number);
        descriptor.ioctl(
                "TUNSETOFFLOAD",
                LinuxConstants.TUNSETOFFLOAD,
                Net.TUN_F_CSUM() | Net.TUN_F_TSO4() | (long) Net.TUN_F_TSO6());
    }

    /** As {@link #open(String)}, in another network namespace. */
    public static TapDevice open(final String name, final NetworkNamespace namespace) {
        return open(name, namespace, false);
    }

    /** As {@link #open(String, boolean)}, in another network namespace. */
    public static TapDevice open(
            final String name, final NetworkNamespace namespace, final boolean withHeaders) {
        return namespace.call(() -> open(name, withHeaders));
    }

    /** Whether each frame has a header before it. */
    public boolean hasHeaders() {
        return hasHeaders;
    }

    /**
     * Takes the next frame that the kernel transmits.
     *
     * <p>The kernel cuts a frame that is too long for the room and doesn't tell. So the room must
     * be longer than any frame by at least one byte: MTU + 14 (Ethernet header) + 4 for each VLAN
     * tag + 1. A frame that fills the room counts as cut.
     *
     * @param memory native memory.
     * @param offset where the frame begins.
     * @param capacityBytes the room.
     * @return the frame's length in bytes, without checksum; 0 if there is none; -EMSGSIZE if it
     *     was too long and is lost; another negated errno, such as -EBADFD after the device was
     *     deleted.
     */
    public int read(final MemorySegment memory, final long offset, final int capacityBytes) {
        final long address = address(memory, offset, capacityBytes);
        final int result = (int) SystemCalls.read(state, descriptor.fd(), address, capacityBytes);
        if (result > 0) {
            return result < capacityBytes ? result : TOO_LONG;
        }
        return result == WOULD_BLOCK ? 0 : result;
    }

    /**
     * Gives the kernel a frame to receive.
     *
     * @param memory native memory.
     * @param offset where the frame begins.
     * @param lengthBytes its length, at least 14 (the Ethernet header), without checksum.
     * @return {@code lengthBytes}; 0 if the kernel has no room at the moment; another negated
     *     errno, such as -EIO while the device is down and -EINVAL for a frame that is too short.
     */
    public int write(final MemorySegment memory, final long offset, final int lengthBytes) {
        final long address = address(memory, offset, lengthBytes);
        final int result = (int) SystemCalls.write(state, descriptor.fd(), address, lengthBytes);
        return result == WOULD_BLOCK ? 0 : result;
    }

    /**
     * As {@link #read(MemorySegment, long, int)}, into several pieces of memory, of which each is
     * filled before the next.
     *
     * @param vectors the pieces.
     * @param count how many of them.
     * @return as there; the room is that of all pieces.
     */
    public int read(final IoVectors vectors, final int count) {
        final long capacityBytes = vectors.lengthBytes(count);
        final int result =
                (int) SystemCalls.readv(state, descriptor.fd(), vectors.address(), count);
        if (result > 0) {
            return result < capacityBytes ? result : TOO_LONG;
        }
        return result == WOULD_BLOCK ? 0 : result;
    }

    /**
     * As {@link #write(MemorySegment, long, int)}, a frame that is in several pieces.
     *
     * @param vectors the pieces, in order.
     * @param count how many of them.
     * @return the frame's length, 0 or a negated errno, as there.
     */
    public int write(final IoVectors vectors, final int count) {
        Objects.checkFromIndexSize(0, count, vectors.capacity());
        final int result =
                (int) SystemCalls.writev(state, descriptor.fd(), vectors.address(), count);
        return result == WOULD_BLOCK ? 0 : result;
    }

    /**
     * The device's name, as it is now: it may have been renamed.
     *
     * @throws LinuxException if the device was deleted.
     */
    public String name() {
        try (Arena arena = Arena.ofConfined()) {
            return request(arena).getString(0);
        }
    }

    /** The Ethernet address: 48 bits, the first octet in the most significant. */
    public long macAddress() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = arena.allocate(ifreq.layout());
            descriptor.ioctl("SIOCGIFHWADDR", LinuxConstants.SIOCGIFHWADDR, request);
            return MacBytes.get(request, MAC_OFFSET);
        }
    }

    /**
     * Sets the Ethernet address.
     *
     * @param address 48 bits, a unicast address that is not zero.
     * @throws LinuxException if the kernel refuses it.
     */
    public void macAddress(final long address) {
        MacBytes.requireUnicast(address);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = arena.allocate(ifreq.layout());
            request.set(
                    ValueLayout.JAVA_SHORT,
                    ifreq.ifr_ifru$offset() + sockaddr.sa_family$offset(),
                    (short) Net.ARPHRD_ETHER());
            MacBytes.put(request, MAC_OFFSET, address);
            descriptor.ioctl("SIOCSIFHWADDR", LinuxConstants.SIOCSIFHWADDR, request);
        }
    }

    /** The MTU, in bytes. */
    public int mtu() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = request(arena);
            control.ioctl("SIOCGIFMTU", LinuxConstants.SIOCGIFMTU, request);
            return request.get(ValueLayout.JAVA_INT, MTU_OFFSET);
        }
    }

    /**
     * Sets the MTU.
     *
     * @param bytes 68 to 65521.
     * @throws LinuxException if the kernel refuses it.
     */
    public void mtu(final int bytes) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = request(arena);
            request.set(ValueLayout.JAVA_INT, MTU_OFFSET, bytes);
            control.ioctl("SIOCSIFMTU to " + bytes, LinuxConstants.SIOCSIFMTU, request);
        }
    }

    /** Whether the device is up. */
    public boolean isUp() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = request(arena);
            control.ioctl("SIOCGIFFLAGS", LinuxConstants.SIOCGIFFLAGS, request);
            return (request.get(ValueLayout.JAVA_SHORT, FLAGS_OFFSET) & Net.IFF_UP()) != 0;
        }
    }

    /**
     * Brings the device up or takes it down.
     *
     * @throws LinuxException if the kernel refuses it.
     */
    public void up(final boolean up) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment request = request(arena);
            control.ioctl("SIOCGIFFLAGS", LinuxConstants.SIOCGIFFLAGS, request);
            final int flags = request.get(ValueLayout.JAVA_SHORT, FLAGS_OFFSET);
            request.set(
                    ValueLayout.JAVA_SHORT,
                    FLAGS_OFFSET,
                    (short) (up ? flags | Net.IFF_UP() : flags & ~Net.IFF_UP()));
            control.ioctl("SIOCSIFFLAGS", LinuxConstants.SIOCSIFFLAGS, request);
        }
    }

    /** The descriptor, to be polled; it remains this object's. */
    public Descriptor descriptor() {
        return descriptor;
    }

    /** Closes the device, which deletes it. */
    @Override
    public void close() {
        control.close();
        descriptor.close();
    }

    private static long address(
            final MemorySegment memory, final long offset, final int lengthBytes) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("needs native memory, not a heap segment");
        }
        Objects.checkFromIndexSize(offset, lengthBytes, memory.byteSize());
        return memory.address() + offset;
    }

    /** A request that names the device. */
    private MemorySegment request(final Arena arena) {
        final MemorySegment request = arena.allocate(ifreq.layout());
        descriptor.ioctl("TUNGETIFF", LinuxConstants.TUNGETIFF, request);
        return request;
    }

    private static LinuxException openFailure(final String name, final int errno) {
        final String call = "ioctl(" + CLONE_DEVICE + ", TUNSETIFF, '" + name + "')";
        if (errno == Libc.EBUSY()) {
            return new LinuxException(
                    call,
                    errno,
                    "TAP name '"
                            + name
                            + "' is in use; choose another or remove it: ip link delete "
                            + name);
        }
        if (errno == Libc.EPERM()) {
            return new LinuxException(call, errno, "TAP devices need CAP_NET_ADMIN");
        }
        return new LinuxException(call, errno);
    }
}
