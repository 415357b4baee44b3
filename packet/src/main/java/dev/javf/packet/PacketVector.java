package dev.javf.packet;

/**
 * A burst of packets: parallel arrays of primitives, so that a packet costs no object. For one
 * thread.
 *
 * <p>The vector does not own buffers: whoever takes a packet out of it has to free the buffer or
 * pass it on.
 */
public final class PacketVector {
    /** Packets that a burst has room for unless told otherwise. More gains nothing. */
    public static final int CAPACITY_DEFAULT = 64;

    /**
     * The packet has, or is to get, the VLAN tag that {@link #vlan} holds; it is not among the
     * packet's bytes.
     */
    public static final int FLAG_VLAN = 1;

    /** The device checked the IPv4 header checksum and it was right. */
    public static final int FLAG_IP_CHECKSUM_GOOD = 1 << 1;

    /** The device checked the IPv4 header checksum and it was wrong. */
    public static final int FLAG_IP_CHECKSUM_BAD = 1 << 2;

    /** The device checked the TCP, UDP or SCTP checksum and it was right. */
    public static final int FLAG_L4_CHECKSUM_GOOD = 1 << 3;

    /** The device checked the TCP, UDP or SCTP checksum and it was wrong. */
    public static final int FLAG_L4_CHECKSUM_BAD = 1 << 4;

    /** {@link #hash} holds the RSS hash that the device computed. */
    public static final int FLAG_HASH = 1 << 5;

    /** The packet came from another function of the same device, not from the wire. */
    public static final int FLAG_LOOPBACK = 1 << 6;

    private final int[] buffers;
    private final int[] offsets;
    private final int[] lengths;
    private final int[] vlans;
    private final int[] flags;
    private final int[] hashes;
    private int size;

    /** An empty vector with room for {@link #CAPACITY_DEFAULT} packets. */
    public PacketVector() {
        this(CAPACITY_DEFAULT);
    }

    /**
     * An empty vector.
     *
     * @param capacity packets it has room for, at least 1.
     */
    public PacketVector(final int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException(
                    "packet vector: capacity " + capacity + ", at least 1 is needed");
        }
        buffers = new int[capacity];
        offsets = new int[capacity];
        lengths = new int[capacity];
        vlans = new int[capacity];
        flags = new int[capacity];
        hashes = new int[capacity];
    }

    /**
     * Appends a packet. There must be room.
     *
     * @param buffer index in the pool.
     * @param offsetBytes from the buffer's start to the packet's first byte.
     * @param lengthBytes of the packet in the buffer, without frame check sequence.
     * @param vlan tag control information, 0 to 65535; 0 without {@link #FLAG_VLAN}.
     * @param packetFlags {@code FLAG_...} bits.
     * @param hash RSS hash; 0 without {@link #FLAG_HASH}.
     */
    public void add(
            final int buffer,
            final int offsetBytes,
            final int lengthBytes,
            final int vlan,
            final int packetFlags,
            final int hash) {
        final int i = size;
        buffers[i] = buffer;
        offsets[i] = offsetBytes;
        lengths[i] = lengthBytes;
        vlans[i] = vlan;
        flags[i] = packetFlags;
        hashes[i] = hash;
        size = i + 1;
    }

    /**
     * Appends a packet of another vector. There must be room.
     *
     * @param other the vector it is in; it stays there.
     * @param i its place there.
     */
    public void add(final PacketVector other, final int i) {
        add(
                other.buffers[i],
                other.offsets[i],
                other.lengths[i],
                other.vlans[i],
                other.flags[i],
                other.hashes[i]);
    }

    /**
     * Takes the first packets out, and moves the rest to the front.
     *
     * @param count how many, at most {@link #size}.
     */
    public void removeFirst(final int count) {
        final int rest = size - count;
        if (count > 0 && rest > 0) {
            System.arraycopy(buffers, count, buffers, 0, rest);
            System.arraycopy(offsets, count, offsets, 0, rest);
            System.arraycopy(lengths, count, lengths, 0, rest);
            System.arraycopy(vlans, count, vlans, 0, rest);
            System.arraycopy(flags, count, flags, 0, rest);
            System.arraycopy(hashes, count, hashes, 0, rest);
        }
        size = rest;
    }

    /** Takes all packets out. */
    public void clear() {
        size = 0;
    }

    /** Number of packets. */
    public int size() {
        return size;
    }

    /** Packets that it has room for in all. */
    public int capacity() {
        return buffers.length;
    }

    /** Packets that it still has room for. */
    public int room() {
        return buffers.length - size;
    }

    /**
     * A packet's buffer.
     *
     * @param i place, 0 to size - 1.
     * @return index in the pool.
     */
    public int buffer(final int i) {
        return buffers[i];
    }

    /**
     * Where a packet starts in its buffer.
     *
     * @param i place, 0 to size - 1.
     * @return bytes from the buffer's start.
     */
    public int offsetBytes(final int i) {
        return offsets[i];
    }

    /**
     * A packet's length.
     *
     * @param i place, 0 to size - 1.
     * @return bytes, without frame check sequence.
     */
    public int lengthBytes(final int i) {
        return lengths[i];
    }

    /**
     * A packet's VLAN tag, if it has {@link #FLAG_VLAN}.
     *
     * @param i place, 0 to size - 1.
     * @return tag control information: priority in bits 15..13, VLAN in bits 11..0.
     */
    public int vlan(final int i) {
        return vlans[i];
    }

    /**
     * What is known about a packet.
     *
     * @param i place, 0 to size - 1.
     * @return {@code FLAG_...} bits.
     */
    public int flags(final int i) {
        return flags[i];
    }

    /**
     * A packet's RSS hash, if it has {@link #FLAG_HASH}.
     *
     * @param i place, 0 to size - 1.
     * @return the hash.
     */
    public int hash(final int i) {
        return hashes[i];
    }

    /**
     * Takes bytes off a packet's front.
     *
     * @param i place, 0 to size - 1.
     * @param bytes how many, at most its length.
     */
    public void strip(final int i, final int bytes) {
        offsets[i] += bytes;
        lengths[i] -= bytes;
    }

    /**
     * Says that a packet has been moved within its buffer.
     *
     * @param i place, 0 to size - 1.
     * @param offsetBytes from the buffer's start to the packet's first byte.
     */
    public void moved(final int i, final int offsetBytes) {
        offsets[i] = offsetBytes;
    }

    /**
     * Gives a packet a VLAN tag, or another one.
     *
     * @param i place, 0 to size - 1.
     * @param vlan tag control information.
     */
    public void tag(final int i, final int vlan) {
        vlans[i] = vlan;
        flags[i] |= FLAG_VLAN;
    }

    /**
     * Takes a packet's VLAN tag away.
     *
     * @param i place, 0 to size - 1.
     */
    public void untag(final int i) {
        vlans[i] = 0;
        flags[i] &= ~FLAG_VLAN;
    }
}
