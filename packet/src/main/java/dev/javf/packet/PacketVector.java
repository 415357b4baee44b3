package dev.javf.packet;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * A burst of packets: a record of numbers for each, so that a packet costs no object. For one
 * thread. The records are outside the heap: of an array the place, the length and whether it is
 * moving would have to be looked at for each burst. Places are checked in checked mode only ({@link
 * PacketPool#CHECKED}).
 *
 * <p>The vector does not own buffers: whoever takes a packet out of it has to free its buffers
 * ({@link PacketPool#free(PacketVector, int)}) or pass it on.
 *
 * <p>Most packets are in one buffer, and this is all there is to know about them: {@link #buffer},
 * {@link #offsetBytes}, {@link #lengthBytes}, {@link #vlan}, {@link #flags}, {@link #hash}. What
 * only some have costs the others one test of their flags:
 *
 * <ul>
 *   <li>{@link #FLAG_SEGMENTED}: the packet goes on in further buffers. Then {@link #lengthBytes}
 *       is the length of its first piece, {@link #totalBytes} that of the packet, and the pool
 *       knows the other pieces ({@link PacketPool#next}).
 *   <li>{@link #FLAG_INNER_VLAN}: two tags; {@link #vlan} is the outer one.
 *   <li>{@link #FLAG_TX_IP_CHECKSUM}, {@link #FLAG_TX_L4_CHECKSUM}, {@link #FLAG_TX_SEGMENT}: asks
 *       whoever sends the packet on to fill in checksums or to cut it into TCP segments. {@link
 *       #offload} says where the headers are. The headers of such a packet are as Linux and virtio
 *       leave them: a TCP or UDP checksum field holds the folded sum of the pseudo header with the
 *       length of the whole packet, not complemented; the IPv4 header and SCTP checksums are of no
 *       account. What a device wants otherwise, its driver changes.
 *   <li>{@link #FLAG_TX_TUNNEL}: such a request speaks of the packet inside a tunnel; {@link
 *       #tunnel} says what is around it. Its outer IPv4 header's checksum is filled in, too.
 * </ul>
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

    /** {@link #innerVlan} holds a second tag, behind the one in {@link #vlan}. */
    public static final int FLAG_INNER_VLAN = 1 << 7;

    /** The packet goes on in further buffers. */
    public static final int FLAG_SEGMENTED = 1 << 8;

    /** The IPv4 header's checksum is to be filled in; needs {@link #offload}. */
    public static final int FLAG_TX_IP_CHECKSUM = 1 << 9;

    /**
     * The checksum of TCP, UDP or SCTP, as the packet type says, is to be filled in; needs {@link
     * #offload}.
     */
    public static final int FLAG_TX_L4_CHECKSUM = 1 << 10;

    /**
     * The packet is to be cut into TCP segments with {@link #segmentBytes} of payload each; needs
     * {@link #offload}. Includes all checksums.
     */
    public static final int FLAG_TX_SEGMENT = 1 << 11;

    /**
     * The device checked all checksums of the packet inside a tunnel, its IPv4 header's and its
     * transport's as far as it has them, and they were right. The flags without INNER speak of what
     * is around it.
     */
    public static final int FLAG_INNER_CHECKSUM_GOOD = 1 << 12;

    /** The device checked the checksums of the packet inside a tunnel and one was wrong. */
    public static final int FLAG_INNER_CHECKSUM_BAD = 1 << 13;

    /** {@link #offload} speaks of the packet inside a tunnel; needs {@link #tunnel}. */
    public static final int FLAG_TX_TUNNEL = 1 << 14;

    /** {@link #timestampNs} holds when the packet arrived. */
    public static final int FLAG_TIMESTAMP = 1 << 15;

    /** The flags of which each asks for {@link #offload}. */
    public static final int FLAGS_TX_OFFLOAD =
            FLAG_TX_IP_CHECKSUM | FLAG_TX_L4_CHECKSUM | FLAG_TX_SEGMENT;

    /** All {@code FLAG_...} bits: what {@link #flags} returns. */
    public static final int FLAGS_MASK = 0xFFFF;

    /** Packet type: IPv4. One of the {@code TYPE_IP...} bits, or none. */
    public static final int TYPE_IPV4 = 1 << 16;

    /** Packet type: IPv6. */
    public static final int TYPE_IPV6 = 2 << 16;

    /** The bits of the packet type that say what IP it is; 0 is something else, or not known. */
    public static final int TYPE_IP_MASK = 3 << 16;

    /** Packet type: TCP. One of the transport bits, or none. */
    public static final int TYPE_TCP = 1 << 18;

    /** Packet type: UDP. */
    public static final int TYPE_UDP = 2 << 18;

    /** Packet type: SCTP. */
    public static final int TYPE_SCTP = 3 << 18;

    /** Packet type: ICMP or ICMPv6. */
    public static final int TYPE_ICMP = 4 << 18;

    /** Packet type: a fragment; what it is of isn't looked at. */
    public static final int TYPE_FRAGMENT = 5 << 18;

    /** The bits of the packet type that say what is in the IP packet; 0 is not known. */
    public static final int TYPE_L4_MASK = 7 << 18;

    /** Packet type: the IP packet holds another one. */
    public static final int TYPE_TUNNEL_IP = 1 << 21;

    /** Packet type: the IP packet holds GRE or a UDP tunnel, and in it an IP packet. */
    public static final int TYPE_TUNNEL_GRE_OR_UDP = 2 << 21;

    /** Packet type: the same with an Ethernet header before the inner IP packet, as in VXLAN. */
    public static final int TYPE_TUNNEL_ETHERNET = 3 << 21;

    /** The bits of the packet type that say what tunnel it is; 0 is none that is known. */
    public static final int TYPE_TUNNEL_MASK = 3 << 21;

    /** How far the inner packet's type bits are above those of a packet without tunnel. */
    public static final int TYPE_INNER_SHIFT = 7;

    /** The bits of the packet type that say what the inner packet is. */
    public static final int TYPE_INNER_MASK = (TYPE_IP_MASK | TYPE_L4_MASK) << TYPE_INNER_SHIFT;

    /** All bits of the packet type: what {@link #packetType} returns. */
    public static final int TYPE_MASK =
            TYPE_IP_MASK | TYPE_L4_MASK | TYPE_TUNNEL_MASK | TYPE_INNER_MASK;

    /** {@link #tunnel}: an IP packet in an IP packet. */
    public static final int TUNNEL_IP = 0;

    /** {@link #tunnel}: in UDP, as VXLAN; the UDP checksum stays as it is. */
    public static final int TUNNEL_UDP = 1;

    /** {@link #tunnel}: in GRE. */
    public static final int TUNNEL_GRE = 2;

    /**
     * {@link #tunnel}: in UDP whose checksum is to be filled in, too; its field holds the sum of
     * the pseudo header with the length of the whole packet.
     */
    public static final int TUNNEL_UDP_CHECKSUM = 3;

    /** The flags of what {@link #put(int, PacketVector, int)} must copy besides. */
    private static final int FLAGS_MORE = FLAGS_TX_OFFLOAD | FLAG_SEGMENTED | FLAG_TIMESTAMP;

    /** Length of a record: half a cache line. Its fields are at these offsets. */
    private static final int RECORD_BYTES = 32;

    private static final int BUFFER = 0;
    private static final int OFFSET_BYTES = 4;
    private static final int LENGTH_BYTES = 6;

    /** {@code FLAG_...} and {@code TYPE_...} bits. */
    private static final int FLAGS = 8;

    /** The only or outer tag; it and the inner one are written as one number of 4 bytes. */
    private static final int VLAN = 12;

    private static final int INNER_VLAN = 14;
    private static final int HASH = 16;

    /** Bytes in further buffers; means something with {@link #FLAG_SEGMENTED} only. */
    private static final int FURTHER_BYTES = 20;

    /** This and what follows mean something with {@link #FLAGS_TX_OFFLOAD} only. */
    private static final int LINK_BYTES = 24;

    private static final int NETWORK_BYTES = 26;
    private static final int TRANSPORT_BYTES = 28;
    private static final int SEGMENT_BYTES = 30;

    /** The records; freed with the vector. */
    private final MemorySegment records;

    private final long base;
    private final int capacity;

    /** When packets arrived; means something with {@link #FLAG_TIMESTAMP} only. */
    private final long[] timestamps;

    /** Whether any packet has ever had a timestamp. */
    private boolean hasTimestamps;

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
        this.capacity = capacity;
        timestamps = new long[capacity];
        records = Arena.ofAuto().allocate((long) capacity * RECORD_BYTES, 2 * RECORD_BYTES);
        base = records.address();
    }

    /** Where a record is; whoever uses it keeps the vector reachable. */
    private long at(final int i) {
        final int place = PacketPool.CHECKED ? Objects.checkIndex(i, capacity) : i;
        return base + (long) place * RECORD_BYTES;
    }

    private int getInt(final int i, final int field) {
        try {
            return UncheckedMemory.getInt(at(i) + field);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private void putInt(final int i, final int field, final int value) {
        try {
            UncheckedMemory.putInt(at(i) + field, value);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private int getChar(final int i, final int field) {
        try {
            return UncheckedMemory.getChar(at(i) + field);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private void putChar(final int i, final int field, final int value) {
        try {
            UncheckedMemory.putChar(at(i) + field, value);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Sets and clears flags and type bits. */
    private void flags(final int i, final int off, final int on) {
        putInt(i, FLAGS, (getInt(i, FLAGS) & ~off) | on);
    }

    /**
     * Appends a packet. There must be room.
     *
     * @param buffer index in the pool.
     * @param offsetBytes from the buffer's start to the packet's first byte.
     * @param lengthBytes of the packet in the buffer, without frame check sequence.
     * @param vlan tag control information, 0 to 65535; 0 without {@link #FLAG_VLAN}. With {@link
     *     #FLAG_INNER_VLAN} the inner tag's in bits 31..16.
     * @param packetFlags {@code FLAG_...} bits, without those that need more; and {@code TYPE_...}
     *     bits.
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
        put(i, buffer, offsetBytes, lengthBytes, vlan, packetFlags, hash);
        size = i + 1;
    }

    /**
     * Writes a packet behind those that count, for loops that add many: {@link #size(int)} then
     * makes them count.
     *
     * @param i place, {@link #size()} to {@link #capacity} - 1.
     * @param buffer as {@link #add(int, int, int, int, int, int)} has it, as all that follow.
     * @param offsetBytes likewise, 0 to 65535.
     * @param lengthBytes likewise, 0 to 65535.
     * @param vlan likewise.
     * @param packetFlags likewise.
     * @param hash likewise.
     */
    public void put(
            final int i,
            final int buffer,
            final int offsetBytes,
            final int lengthBytes,
            final int vlan,
            final int packetFlags,
            final int hash) {
        putInt(i, BUFFER, buffer);
        putChar(i, OFFSET_BYTES, offsetBytes);
        putChar(i, LENGTH_BYTES, lengthBytes);
        putInt(i, FLAGS, packetFlags);
        putInt(i, VLAN, vlan);
        putInt(i, HASH, hash);
    }

    /**
     * Says how many packets there are: more after {@link #put}, or fewer, which takes the last ones
     * out.
     *
     * @param packets 0 to {@link #capacity}.
     */
    public void size(final int packets) {
        size = packets;
    }

    /**
     * Appends a packet that goes on in further buffers, which are linked behind the first with
     * {@link PacketPool#begin} and {@link PacketPool#append}. There must be room.
     *
     * @param buffer index of its first buffer in the pool.
     * @param offsetBytes from that buffer's start to the packet's first byte.
     * @param lengthBytes of the packet in that buffer.
     * @param furtherLengthBytes of the packet in all further buffers together.
     * @param vlan as {@link #add(int, int, int, int, int, int)} has it.
     * @param packetFlags likewise; {@link #FLAG_SEGMENTED} is added.
     * @param hash likewise.
     */
    public void addSegmented(
            final int buffer,
            final int offsetBytes,
            final int lengthBytes,
            final int furtherLengthBytes,
            final int vlan,
            final int packetFlags,
            final int hash) {
        add(buffer, offsetBytes, lengthBytes, vlan, packetFlags, hash);
        segmented(size - 1, furtherLengthBytes);
    }

    /**
     * Says that a packet goes on in further buffers.
     *
     * @param i place, 0 to size - 1.
     * @param furtherLengthBytes of the packet in all buffers behind its first together.
     */
    public void segmented(final int i, final int furtherLengthBytes) {
        putInt(i, FURTHER_BYTES, furtherLengthBytes);
        flags(i, 0, FLAG_SEGMENTED);
    }

    /**
     * Appends a packet of another vector. There must be room.
     *
     * @param other the vector it is in; it stays there.
     * @param i its place there.
     */
    public void add(final PacketVector other, final int i) {
        put(size, other, i);
        size++;
    }

    /**
     * Writes a packet of another vector to a place, for rings of packets: which places count is the
     * ring's to know.
     *
     * @param to place, 0 to {@link #capacity} - 1.
     * @param other the vector it is in; it stays there.
     * @param i its place there.
     */
    public void put(final int to, final PacketVector other, final int i) {
        final int flags = other.getInt(i, FLAGS);
        put(
                to,
                other.buffer(i),
                other.offsetBytes(i),
                other.lengthBytes(i),
                other.getInt(i, VLAN),
                flags,
                other.hash(i));
        if ((flags & FLAGS_MORE) != 0) {
            putInt(to, FURTHER_BYTES, other.getInt(i, FURTHER_BYTES));
            for (int field = LINK_BYTES; field <= SEGMENT_BYTES; field += Character.BYTES) {
                putChar(to, field, other.getChar(i, field));
            }
            timestamps[to] = other.timestamps[i];
            hasTimestamps |= other.hasTimestamps;
        }
    }

    /**
     * Takes the first packets out, and moves the rest to the front.
     *
     * @param count how many, at most {@link #size}.
     */
    public void removeFirst(final int count) {
        final int rest = size - count;
        if (count > 0 && rest > 0) {
            MemorySegment.copy(
                    records, (long) count * RECORD_BYTES, records, 0, (long) rest * RECORD_BYTES);
            if (hasTimestamps) {
                System.arraycopy(timestamps, count, timestamps, 0, rest);
            }
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
        return capacity;
    }

    /** Packets that it still has room for. */
    public int room() {
        return capacity - size;
    }

    /**
     * A packet's buffer.
     *
     * @param i place, 0 to size - 1.
     * @return index in the pool.
     */
    public int buffer(final int i) {
        return getInt(i, BUFFER);
    }

    /** Says that a packet is in another buffer now. */
    void buffer(final int i, final int buffer) {
        putInt(i, BUFFER, buffer);
    }

    /**
     * Where a packet starts in its buffer.
     *
     * @param i place, 0 to size - 1.
     * @return bytes from the buffer's start.
     */
    public int offsetBytes(final int i) {
        return getChar(i, OFFSET_BYTES);
    }

    /**
     * A packet's length in its first buffer, which is all of it without {@link #FLAG_SEGMENTED}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes, without frame check sequence.
     */
    public int lengthBytes(final int i) {
        return getChar(i, LENGTH_BYTES);
    }

    /**
     * A packet's length in all its buffers.
     *
     * @param i place, 0 to size - 1.
     * @return bytes, without frame check sequence.
     */
    public int totalBytes(final int i) {
        final int lengthBytes = lengthBytes(i);
        return (getInt(i, FLAGS) & FLAG_SEGMENTED) == 0
                ? lengthBytes
                : lengthBytes + getInt(i, FURTHER_BYTES);
    }

    /**
     * A packet's VLAN tag, if it has {@link #FLAG_VLAN}; of two the outer one.
     *
     * @param i place, 0 to size - 1.
     * @return tag control information: priority in bits 15..13, VLAN in bits 11..0.
     */
    public int vlan(final int i) {
        return getChar(i, VLAN);
    }

    /**
     * A packet's inner VLAN tag, if it has {@link #FLAG_INNER_VLAN}.
     *
     * @param i place, 0 to size - 1.
     * @return tag control information, as {@link #vlan}.
     */
    public int innerVlan(final int i) {
        return getChar(i, INNER_VLAN);
    }

    /**
     * What is known about a packet.
     *
     * @param i place, 0 to size - 1.
     * @return {@code FLAG_...} bits.
     */
    public int flags(final int i) {
        return getInt(i, FLAGS) & FLAGS_MASK;
    }

    /**
     * What kind of packet it is, as far as whoever received it, or asks for {@link #offload}, said.
     *
     * @param i place, 0 to size - 1.
     * @return {@code TYPE_...} bits.
     */
    public int packetType(final int i) {
        return getInt(i, FLAGS) & TYPE_MASK;
    }

    /**
     * A packet's RSS hash, if it has {@link #FLAG_HASH}.
     *
     * @param i place, 0 to size - 1.
     * @return the hash.
     */
    public int hash(final int i) {
        return getInt(i, HASH);
    }

    /**
     * When a packet arrived, if it has {@link #FLAG_TIMESTAMP}.
     *
     * @param i place, 0 to size - 1.
     * @return nanoseconds of the device's clock.
     */
    public long timestampNs(final int i) {
        return timestamps[i];
    }

    /**
     * Says when a packet arrived.
     *
     * @param i place, 0 to capacity - 1, after {@link #put}.
     * @param timeNs nanoseconds of the device's clock.
     */
    public void timestamp(final int i, final long timeNs) {
        timestamps[i] = timeNs;
        hasTimestamps = true;
        flags(i, 0, FLAG_TIMESTAMP);
    }

    /**
     * Asks whoever sends a packet on to fill in its checksums, or to cut it into segments. Nothing
     * here checks the request: a Tx queue drops and counts what its device can't do.
     *
     * @param i place, 0 to size - 1.
     * @param request some of {@link #FLAGS_TX_OFFLOAD}, and the {@code TYPE_...} bits that say
     *     which IP and, for {@link #FLAG_TX_L4_CHECKSUM} and {@link #FLAG_TX_SEGMENT}, which
     *     transport. They replace the packet's type and earlier requests.
     * @param linkBytes length of the Ethernet header, with tags that are in the packet.
     * @param networkBytes length of the IP header, with options and extension headers.
     * @param transportBytes length of the TCP header with options, or 8 for UDP, 12 for SCTP; 0 for
     *     {@link #FLAG_TX_IP_CHECKSUM} alone.
     * @param segmentBytes payload of each segment, for {@link #FLAG_TX_SEGMENT}; else 0.
     */
    public void offload(
            final int i,
            final int request,
            final int linkBytes,
            final int networkBytes,
            final int transportBytes,
            final int segmentBytes) {
        flags(i, FLAGS_TX_OFFLOAD | FLAG_TX_TUNNEL | TYPE_MASK, request);
        putChar(i, LINK_BYTES, linkBytes);
        putChar(i, NETWORK_BYTES, networkBytes);
        putChar(i, TRANSPORT_BYTES, transportBytes);
        putChar(i, SEGMENT_BYTES, segmentBytes);
    }

    /**
     * Says that the packet of {@link #offload}, which has to be asked for before, is in a tunnel:
     * the type and the lengths given there, but for that of the Ethernet header in front, are the
     * inner packet's. The packet's hash is lost.
     *
     * @param i place, 0 to size - 1.
     * @param kind {@link #TUNNEL_IP}, {@link #TUNNEL_UDP}, {@link #TUNNEL_GRE} or {@link
     *     #TUNNEL_UDP_CHECKSUM}.
     * @param isIpv6 whether the outer IP header is one of IPv6.
     * @param outerNetworkBytes length of the outer IP header, 0 to 8191.
     * @param tunnelBytes from behind the outer IP header to the inner one, 0 to 65535.
     */
    public void tunnel(
            final int i,
            final int kind,
            final boolean isIpv6,
            final int outerNetworkBytes,
            final int tunnelBytes) {
        flags(i, 0, FLAG_TX_TUNNEL);
        putInt(
                i,
                HASH,
                kind << 30
                        | (isIpv6 ? 1 << 29 : 0)
                        | (outerNetworkBytes & 0x1FFF) << 16
                        | (tunnelBytes & 0xFFFF));
    }

    /**
     * What tunnel a packet with {@link #FLAG_TX_TUNNEL} is in.
     *
     * @param i place, 0 to size - 1.
     * @return one of the {@code TUNNEL_...} numbers.
     */
    public int tunnelKind(final int i) {
        return hash(i) >>> 30;
    }

    /**
     * Whether the outer IP header of a packet with {@link #FLAG_TX_TUNNEL} is one of IPv6.
     *
     * @param i place, 0 to size - 1.
     */
    public boolean isOuterIpv6(final int i) {
        return (hash(i) & 1 << 29) != 0;
    }

    /**
     * Length of the outer IP header, of a packet with {@link #FLAG_TX_TUNNEL}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int outerNetworkBytes(final int i) {
        return hash(i) >>> 16 & 0x1FFF;
    }

    /**
     * From behind the outer IP header to the inner one, of a packet with {@link #FLAG_TX_TUNNEL}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int tunnelBytes(final int i) {
        return hash(i) & 0xFFFF;
    }

    /**
     * Takes the request for offloads back: somebody has done what it asked for.
     *
     * @param i place, 0 to size - 1.
     */
    public void offloaded(final int i) {
        flags(i, FLAGS_TX_OFFLOAD | FLAG_TX_TUNNEL, 0);
    }

    /**
     * Length of a packet's Ethernet header, if it has one of {@link #FLAGS_TX_OFFLOAD}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int linkBytes(final int i) {
        return getChar(i, LINK_BYTES);
    }

    /**
     * Length of a packet's IP header, if it has one of {@link #FLAGS_TX_OFFLOAD}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int networkBytes(final int i) {
        return getChar(i, NETWORK_BYTES);
    }

    /**
     * Length of a packet's transport header, if it has one of {@link #FLAGS_TX_OFFLOAD}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int transportBytes(final int i) {
        return getChar(i, TRANSPORT_BYTES);
    }

    /**
     * Payload of each segment that a packet is to be cut into, if it has {@link #FLAG_TX_SEGMENT}.
     *
     * @param i place, 0 to size - 1.
     * @return bytes.
     */
    public int segmentBytes(final int i) {
        return getChar(i, SEGMENT_BYTES);
    }

    /**
     * Takes bytes off a packet's front.
     *
     * @param i place, 0 to size - 1.
     * @param bytes how many, at most its length in the first buffer.
     */
    public void strip(final int i, final int bytes) {
        putChar(i, OFFSET_BYTES, offsetBytes(i) + bytes);
        putChar(i, LENGTH_BYTES, lengthBytes(i) - bytes);
    }

    /**
     * Says that a packet has been moved within its buffer.
     *
     * @param i place, 0 to size - 1.
     * @param offsetBytes from the buffer's start to the packet's first byte.
     */
    public void moved(final int i, final int offsetBytes) {
        putChar(i, OFFSET_BYTES, offsetBytes);
    }

    /**
     * Gives a packet a VLAN tag, or another one. An inner tag stays.
     *
     * @param i place, 0 to size - 1.
     * @param vlan tag control information.
     */
    public void tag(final int i, final int vlan) {
        putChar(i, VLAN, vlan);
        flags(i, 0, FLAG_VLAN);
    }

    /**
     * Gives a packet an inner VLAN tag, behind the one of {@link #tag}.
     *
     * @param i place, 0 to size - 1.
     * @param vlan tag control information.
     */
    public void tagInner(final int i, final int vlan) {
        putChar(i, INNER_VLAN, vlan);
        flags(i, 0, FLAG_INNER_VLAN);
    }

    /**
     * Takes a packet's VLAN tag away.
     *
     * @param i place, 0 to size - 1.
     */
    public void untag(final int i) {
        putChar(i, VLAN, 0);
        flags(i, FLAG_VLAN, 0);
    }
}
