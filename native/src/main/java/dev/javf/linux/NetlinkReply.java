package dev.javf.linux;

import dev.javf.linux.net.Net;
import dev.javf.linux.net.ifinfomsg;
import dev.javf.linux.net.nlmsgerr;
import dev.javf.linux.net.nlmsghdr;
import dev.javf.linux.net.rtattr;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what the kernel answers over rtnetlink (netlink(7), rtnetlink(7)). */
final class NetlinkReply {
    private static final long HEADER_BYTES = nlmsghdr.sizeof();
    private static final long ATTRIBUTE_HEADER_BYTES = rtattr.sizeof();

    private NetlinkReply() {}

    /** The device that an RTM_NEWLINK message describes. */
    static Link link(final MemorySegment message) {
        final MemorySegment body = message.asSlice(HEADER_BYTES);
        final long attributes = HEADER_BYTES + ifinfomsg.sizeof();
        final MemorySegment name = attribute(message, attributes, Net.IFLA_IFNAME());
        final MemorySegment mtu = attribute(message, attributes, Net.IFLA_MTU());
        final MemorySegment address = attribute(message, attributes, Net.IFLA_ADDRESS());
        return new Link(
                ifinfomsg.ifi_index(body),
                name == null ? "" : name.getString(0),
                ifinfomsg.ifi_flags(body),
                mtu == null ? 0 : mtu.get(ValueLayout.JAVA_INT_UNALIGNED, 0),
                address == null || address.byteSize() != 6 ? 0 : MacBytes.get(address, 0));
    }

    /** The error number of an NLMSG_ERROR or NLMSG_DONE message, positive; 0 for success. */
    static int error(final MemorySegment message) {
        return message.byteSize() < HEADER_BYTES + Integer.BYTES
                ? 0
                : -message.get(ValueLayout.JAVA_INT, HEADER_BYTES);
    }

    /** What the kernel says of an error (NETLINK_EXT_ACK); null if it says nothing. */
    static @Nullable String explanation(final MemorySegment message) {
        final int flags = nlmsghdr.nlmsg_flags(message);
        if ((flags & LinuxConstants.NLM_F_ACK_TLVS) == 0) {
            return null;
        }
        final MemorySegment refused =
                message.asSlice(HEADER_BYTES + nlmsgerr.msg$offset(), HEADER_BYTES);
        // Unless the answer is capped, the whole request comes back before the attributes.
        final long echoed =
                (flags & LinuxConstants.NLM_F_CAPPED) != 0
                        ? HEADER_BYTES
                        : NetlinkRequest.align(nlmsghdr.nlmsg_len(refused));
        final MemorySegment text =
                attribute(
                        message,
                        HEADER_BYTES + nlmsgerr.msg$offset() + echoed,
                        LinuxConstants.NLMSGERR_ATTR_MSG);
        return text == null ? null : text.getString(0);
    }

    /** The virtual functions that an RTM_NEWLINK message of their PF's device lists. */
    static List<VfSettings> virtualFunctions(final MemorySegment message) {
        final MemorySegment list =
                attribute(message, HEADER_BYTES + ifinfomsg.sizeof(), Net.IFLA_VFINFO_LIST());
        return list == null
                ? List.of()
                : attributes(list, 0).stream()
                        .filter(each -> each.type() == Net.IFLA_VF_INFO())
                        .map(each -> VfSettings.of(attributes(each.value(), 0)))
                        .flatMap(Optional::stream)
                        .toList();
    }

    /**
     * An attribute (rtnetlink(7)).
     *
     * @param type without flags.
     * @param value as long as its header says.
     */
    record Attribute(int type, MemorySegment value) {}

    /** The value of the first attribute of a type from an offset on; null if there is none. */
    private static @Nullable MemorySegment attribute(
            final MemorySegment message, final long from, final int type) {
        for (final Attribute attribute : attributes(message, from)) {
            if (attribute.type() == type) {
                return attribute.value();
            }
        }
        return null;
    }

    /** The attributes from an offset on, up to the first with a length that can't be. */
    private static List<Attribute> attributes(final MemorySegment message, final long from) {
        final List<Attribute> attributes = new ArrayList<>();
        final long end = message.byteSize();
        long at = from;
        while (at + ATTRIBUTE_HEADER_BYTES <= end) {
            final MemorySegment header = message.asSlice(at);
            final long lengthBytes = Short.toUnsignedLong(rtattr.rta_len(header));
            if (lengthBytes < ATTRIBUTE_HEADER_BYTES || lengthBytes > end - at) {
                break;
            }
            attributes.add(
                    new Attribute(
                            Short.toUnsignedInt(rtattr.rta_type(header)) & Net.NLA_TYPE_MASK(),
                            message.asSlice(
                                    at + ATTRIBUTE_HEADER_BYTES,
                                    lengthBytes - ATTRIBUTE_HEADER_BYTES)));
            at += NetlinkRequest.align(lengthBytes);
        }
        return attributes;
    }
}
