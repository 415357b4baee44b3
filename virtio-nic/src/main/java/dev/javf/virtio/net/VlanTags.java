package dev.javf.virtio.net;

import dev.javf.packet.Ethernet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A tag between a frame's addresses and its type, put in and taken out in place. */
final class VlanTags {
    private static final int NONE = -1;

    private VlanTags() {}

    /**
     * The tag of a frame.
     *
     * @param memory holds the frame.
     * @param offset of its first byte.
     * @param lengthBytes at least an Ethernet header.
     * @return tag control information, or negative if there is no 802.1Q tag.
     */
    static int tag(final MemorySegment memory, final long offset, final int lengthBytes) {
        return lengthBytes >= Ethernet.HEADER_BYTES + Ethernet.VLAN_TAG_BYTES
                        && get16(memory, offset + Ethernet.TYPE_OFFSET) == Ethernet.TPID_8021Q
                ? get16(memory, offset + Ethernet.TYPE_OFFSET + Short.BYTES)
                : NONE;
    }

    /** Takes the tag out: the frame starts 4 bytes later. */
    static void remove(final MemorySegment memory, final long offset) {
        MemorySegment.copy(
                memory, offset, memory, offset + Ethernet.VLAN_TAG_BYTES, Ethernet.TYPE_OFFSET);
    }

    /** Puts a tag in: the frame starts 4 bytes earlier. */
    static void insert(final MemorySegment memory, final long offset, final int tag) {
        final long start = offset - Ethernet.VLAN_TAG_BYTES;
        MemorySegment.copy(memory, offset, memory, start, Ethernet.TYPE_OFFSET);
        put16(memory, start + Ethernet.TYPE_OFFSET, Ethernet.TPID_8021Q);
        put16(memory, start + Ethernet.TYPE_OFFSET + Short.BYTES, tag);
    }

    private static int get16(final MemorySegment memory, final long offset) {
        return Short.toUnsignedInt(
                Short.reverseBytes(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset)));
    }

    private static void put16(final MemorySegment memory, final long offset, final int value) {
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Short.reverseBytes((short) value));
    }
}
