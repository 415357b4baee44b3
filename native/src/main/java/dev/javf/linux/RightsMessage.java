package dev.javf.linux;

import dev.javf.linux.net.Net;
import dev.javf.linux.net.cmsghdr;
import dev.javf.linux.net.iovec;
import dev.javf.linux.net.msghdr;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The {@code struct msghdr} of one socket: one piece of data and the descriptors that travel with
 * it (SCM_RIGHTS, unix(7) and cmsg(3)). Used by one thread at a time.
 */
final class RightsMessage {
    /** SCM_MAX_FD: the kernel passes no more at once. */
    static final int MAX_DESCRIPTORS = 253;

    private static final long HEADER_BYTES = cmsghdr.sizeof();

    private final MemorySegment header;
    private final MemorySegment data;
    private final MemorySegment control;

    RightsMessage() {
        final Arena arena = Arena.ofAuto();
        header = arena.allocate(msghdr.layout());
        data = arena.allocate(iovec.layout());
        control = arena.allocate(align(HEADER_BYTES + MAX_DESCRIPTORS * 4L), 8);
        msghdr.msg_iov(header, data);
        msghdr.msg_iovlen(header, 1);
    }

    /** The bytes to send or the room to receive into. */
    void data(final long address, final long lengthBytes) {
        iovec.iov_base(data, MemorySegment.ofAddress(address));
        iovec.iov_len(data, lengthBytes);
    }

    /** Sends the data with the descriptors; bytes sent or the negated errno. */
    long send(final CallState state, final int fd, final List<Descriptor> passed) {
        final int count = passed.size();
        final long lengthBytes = HEADER_BYTES + count * 4L;
        cmsghdr.cmsg_len(control, lengthBytes);
        cmsghdr.cmsg_level(control, Net.SOL_SOCKET());
        cmsghdr.cmsg_type(control, Net.SCM_RIGHTS());
        for (int i = 0; i < count; i++) {
            control.set(ValueLayout.JAVA_INT, HEADER_BYTES + i * 4L, passed.get(i).fd());
        }
        msghdr.msg_control(header, control);
        msghdr.msg_controllen(header, lengthBytes);
        return SocketCalls.sendmsg(state, fd, header, Net.MSG_NOSIGNAL());
    }

    /** Receives with room for so many descriptors; bytes received or the negated errno. */
    long receive(final CallState state, final int fd, final int maxDescriptors) {
        msghdr.msg_control(header, control);
        msghdr.msg_controllen(header, maxDescriptors == 0 ? 0 : HEADER_BYTES + maxDescriptors * 4L);
        return SocketCalls.recvmsg(state, fd, header, Net.MSG_CMSG_CLOEXEC());
    }

    /** Whether the last receive left out data for want of room. */
    boolean isDataCut() {
        return (msghdr.msg_flags(header) & Net.MSG_TRUNC()) != 0;
    }

    /** Whether the last receive left out descriptors for want of room. */
    boolean isControlCut() {
        return (msghdr.msg_flags(header) & Net.MSG_CTRUNC()) != 0;
    }

    /**
     * Adds the descriptors of the last receive. The kernel wrote the control data, not the peer.
     */
    void collect(final List<Descriptor> received) {
        final long end = msghdr.msg_controllen(header);
        long at = 0;
        while (at + HEADER_BYTES <= end) {
            final MemorySegment item = control.asSlice(at, end - at);
            final long lengthBytes = cmsghdr.cmsg_len(item);
            if (cmsghdr.cmsg_level(item) == Net.SOL_SOCKET()
                    && cmsghdr.cmsg_type(item) == Net.SCM_RIGHTS()) {
                for (long i = HEADER_BYTES; i + 4 <= lengthBytes; i += 4) {
                    received.add(Descriptor.owned(item.get(ValueLayout.JAVA_INT, i)));
                }
            }
            at += align(Math.max(lengthBytes, HEADER_BYTES));
        }
    }

    private static long align(final long lengthBytes) {
        return lengthBytes + 7 & -8;
    }
}
