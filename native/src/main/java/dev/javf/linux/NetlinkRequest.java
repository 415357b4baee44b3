package dev.javf.linux;

import dev.javf.linux.net.Net;
import dev.javf.linux.net.ifinfomsg;
import dev.javf.linux.net.nlmsghdr;
import dev.javf.linux.net.rtattr;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** One rtnetlink message to the kernel: header, body of its type, attributes (rtnetlink(7)). */
final class NetlinkRequest {
    static final long HEADER_BYTES = nlmsghdr.sizeof();
    private static final long ATTRIBUTE_HEADER_BYTES = rtattr.sizeof();
    private static final long CAPACITY_BYTES = 1024;

    private final String description;
    private final MemorySegment memory;
    private long lengthBytes;

    /**
     * @param description what it asks for, for error messages.
     * @param bodyBytes the length of the structure that follows the header, a multiple of 4.
     */
    NetlinkRequest(
            final Arena arena,
            final String description,
            final int type,
            final int flags,
            final long bodyBytes) {
        this.description = description;
        memory = arena.allocate(CAPACITY_BYTES, 8);
        nlmsghdr.nlmsg_type(memory, (short) type);
        nlmsghdr.nlmsg_flags(memory, (short) (flags | Net.NLM_F_REQUEST()));
        lengthBytes = HEADER_BYTES + bodyBytes;
    }

    /** A request about one device, or about all with index 0. */
    static NetlinkRequest link(
            final Arena arena,
            final String description,
            final int type,
            final int flags,
            final int index) {
        final NetlinkRequest request =
                new NetlinkRequest(arena, description, type, flags, ifinfomsg.sizeof());
        ifinfomsg.ifi_index(request.body(), index);
        return request;
    }

    MemorySegment body() {
        return memory.asSlice(HEADER_BYTES);
    }

    NetlinkRequest attribute(final int type, final int value) {
        memory.set(ValueLayout.JAVA_INT, append(type, Integer.BYTES), value);
        return this;
    }

    NetlinkRequest attribute(final int type, final byte[] value) {
        MemorySegment.copy(
                value, 0, memory, ValueLayout.JAVA_BYTE, append(type, value.length), value.length);
        return this;
    }

    /** With its terminating NUL. */
    NetlinkRequest attribute(final int type, final String value) {
        return attribute(type, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    /** The finished message. */
    MemorySegment finish(final int sequence) {
        nlmsghdr.nlmsg_seq(memory, sequence);
        nlmsghdr.nlmsg_len(memory, (int) lengthBytes);
        return memory.asSlice(0, lengthBytes);
    }

    @Override
    public String toString() {
        return description;
    }

    /** Appends an attribute's header; where its value goes. */
    private long append(final int type, final int valueBytes) {
        final long at = lengthBytes;
        final MemorySegment header = memory.asSlice(at);
        rtattr.rta_len(header, (short) (ATTRIBUTE_HEADER_BYTES + valueBytes));
        rtattr.rta_type(header, (short) type);
        lengthBytes = align(at + ATTRIBUTE_HEADER_BYTES + valueBytes);
        return at + ATTRIBUTE_HEADER_BYTES;
    }

    /** Messages and attributes begin at multiples of 4 bytes. */
    static long align(final long bytes) {
        return bytes + Net.NLMSG_ALIGNTO() - 1 & -Net.NLMSG_ALIGNTO();
    }
}
