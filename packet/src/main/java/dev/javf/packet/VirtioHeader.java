package dev.javf.packet;

import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.virtio.Virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What stands before each packet of a virtio network device (VirtIO 1.2, 5.1.6, struct
 * virtio_net_hdr): which checksum is missing, and into which segments to cut. From a guest nothing
 * of it is believed but what the packet's own headers bear out. Static functions that allocate
 * nothing.
 */
public final class VirtioHeader {
    /** Its length. With VERSION_1 it always has num_buffers. */
    public static final int LENGTH_BYTES = 12;

    /** Where the number of the guest's buffers stands. */
    public static final int NUM_BUFFERS = 10;

    /** Flag: the checksum was checked and is good. */
    public static final int DATA_VALID = Virtio.VIRTIO_NET_HDR_F_DATA_VALID();

    /** Shortest payload of a segment that anybody is asked to cut: less is no link's. */
    public static final int SEGMENT_BYTES_MIN = 64;

    private static final int NEEDS_CSUM = Virtio.VIRTIO_NET_HDR_F_NEEDS_CSUM();
    private static final int GSO_NONE = Virtio.VIRTIO_NET_HDR_GSO_NONE();
    private static final int GSO_TCPV4 = Virtio.VIRTIO_NET_HDR_GSO_TCPV4();
    private static final int GSO_TCPV6 = Virtio.VIRTIO_NET_HDR_GSO_TCPV6();

    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HDR_LEN = 2;
    private static final int GSO_SIZE = 4;
    private static final int CSUM_START = 6;
    private static final int CSUM_OFFSET = 8;
    private static final int PLAIN_MASK = NEEDS_CSUM | 0xFF00;

    /** Checksum's offset and number of buffers, as one word. */
    private static final int ONE_BUFFER = 1 << Short.SIZE;

    private static final int TCP_CHECKSUM = 16;
    private static final int UDP_CHECKSUM = 6;
    private static final int NO_CHECKSUM = -1;

    private static final ValueLayout.OfShort LE16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private VirtioHeader() {}

    /**
     * Copies a header that somebody else may change meanwhile.
     *
     * @param from its address.
     * @param to the copy's.
     */
    public static void copy(final long from, final long to) {
        UncheckedMemory.copy(from, to, LENGTH_BYTES);
    }

    /**
     * Whether a header asks for nothing, as most do.
     *
     * @param memory where it is.
     * @param header offset of its first byte.
     */
    public static boolean isPlain(final MemorySegment memory, final long header) {
        return (memory.get(LE16, header) & PLAIN_MASK) == 0;
    }

    /**
     * Whether a header asks for segmentation.
     *
     * @param memory where it is.
     * @param header offset of its first byte.
     */
    public static boolean isSegmentation(final MemorySegment memory, final long header) {
        return memory.get(ValueLayout.JAVA_BYTE, header + GSO_TYPE) != GSO_NONE;
    }

    /**
     * Makes what a header asks for a request of its packet ({@link PacketVector#offload}), or does
     * it, if it is a checksum that no NIC knows of (inside a tunnel, for example).
     *
     * @param pool holds header and packet; nobody else may write them any more.
     * @param header offset of the header.
     * @param vector has the packet.
     * @param i its place there.
     * @param removedBytes taken out of the Ethernet header since (a tag); the header counts them.
     * @param maxFrameBytes longest frame that the segments may be.
     * @return false if it asks for what can't be, or isn't true of the packet; then the packet is
     *     to be dropped.
     */
    public static boolean take(
            final PacketPool pool,
            final long header,
            final PacketVector vector,
            final int i,
            final int removedBytes,
            final int maxFrameBytes) {
        final MemorySegment memory = pool.memory();
        final int segmentation = memory.get(ValueLayout.JAVA_BYTE, header + GSO_TYPE);
        if ((memory.get(ValueLayout.JAVA_BYTE, header + FLAGS) & NEEDS_CSUM) == 0) {
            return segmentation == GSO_NONE;
        }
        final int start = get16(memory, header + CSUM_START) - removedBytes;
        final int offset = get16(memory, header + CSUM_OFFSET);
        final int firstBytes = vector.lengthBytes(i);
        final long headers =
                PacketHeaders.parse(
                        memory,
                        pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i),
                        firstBytes);
        final int link = PacketHeaders.linkBytes(headers);
        final int network = PacketHeaders.networkBytes(headers);
        final int transport = PacketHeaders.transportBytes(headers);
        final int type = PacketHeaders.packetType(headers);
        final boolean isItsTransport =
                transport > 0 && start == link + network && offset == checksumOffset(type);
        if (segmentation != GSO_NONE) {
            final int segment = get16(memory, header + GSO_SIZE);
            if (!isItsTransport
                    || !isTcp(type, segmentation)
                    || segment < SEGMENT_BYTES_MIN
                    || link + network + transport + segment > maxFrameBytes) {
                return false;
            }
            vector.offload(
                    i, PacketVector.FLAG_TX_SEGMENT | type, link, network, transport, segment);
        } else if (isItsTransport) {
            vector.offload(i, PacketVector.FLAG_TX_L4_CHECKSUM | type, link, network, transport, 0);
        } else {
            if (start < Ethernet.HEADER_BYTES || start + offset + Short.BYTES > firstBytes) {
                return false;
            }
            SoftwareOffload.checksum(pool, vector, i, start, start + offset);
        }
        return true;
    }

    private static boolean isTcp(final int type, final int segmentation) {
        return type
                == PacketVector.TYPE_TCP
                        + (segmentation == GSO_TCPV4
                                ? PacketVector.TYPE_IPV4
                                : segmentation == GSO_TCPV6 ? PacketVector.TYPE_IPV6 : 0);
    }

    private static int checksumOffset(final int type) {
        return switch (type & PacketVector.TYPE_L4_MASK) {
            case PacketVector.TYPE_TCP -> TCP_CHECKSUM;
            case PacketVector.TYPE_UDP -> UDP_CHECKSUM;
            default -> NO_CHECKSUM;
        };
    }

    /**
     * Writes the header of a packet that asks for nothing.
     *
     * @param memory where to.
     * @param header offset of its first byte.
     * @param flags 0 or {@link #DATA_VALID}.
     */
    public static void write(final MemorySegment memory, final long header, final int flags) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, header, flags);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, header + CSUM_OFFSET, ONE_BUFFER);
    }

    /**
     * The same where such a header may stand already, as it does in a buffer that has been used
     * before: what isn't written stays in the caches of both processors.
     *
     * @param memory where to.
     * @param header offset of its first byte.
     * @param flags 0 or {@link #DATA_VALID}.
     */
    public static void update(final MemorySegment memory, final long header, final int flags) {
        if (memory.get(ValueLayout.JAVA_LONG_UNALIGNED, header) != flags
                || memory.get(ValueLayout.JAVA_INT_UNALIGNED, header + CSUM_OFFSET) != ONE_BUFFER) {
            write(memory, header, flags);
        }
    }

    /**
     * Writes the header of a packet with {@link PacketVector#FLAG_TX_L4_CHECKSUM} or {@link
     * PacketVector#FLAG_TX_SEGMENT}, so that whoever gets it does what it asks for.
     *
     * @param pool holds the packet, and the header right before it.
     * @param header offset of the header's first byte.
     * @param vector has the packet.
     * @param i its place there.
     * @param insertedBytes put into the Ethernet header since the request was made.
     * @return false if a virtio header can't say it: the packet isn't TCP or UDP.
     */
    public static boolean writeRequest(
            final PacketPool pool,
            final long header,
            final PacketVector vector,
            final int i,
            final int insertedBytes) {
        final MemorySegment memory = pool.memory();
        final int type = vector.packetType(i);
        final int offset = checksumOffset(type);
        if (offset == NO_CHECKSUM || !SoftwareOffload.isPossible(vector, i)) {
            return false;
        }
        final int network = insertedBytes + vector.linkBytes(i);
        final int start = network + vector.networkBytes(i);
        final boolean isIpv4 = (type & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4;
        if (isIpv4
                && (vector.flags(i)
                                & (PacketVector.FLAG_TX_SEGMENT | PacketVector.FLAG_TX_IP_CHECKSUM))
                        != 0) {
            // A header can't ask for this one, and it is soon done.
            SoftwareOffload.ipv4(memory, header + LENGTH_BYTES + network, vector.networkBytes(i));
        }
        write(memory, header, NEEDS_CSUM);
        put16(memory, header + CSUM_START, start);
        put16(memory, header + CSUM_OFFSET, offset);
        if ((vector.flags(i) & PacketVector.FLAG_TX_SEGMENT) != 0) {
            memory.set(
                    ValueLayout.JAVA_BYTE,
                    header + GSO_TYPE,
                    (byte) (isIpv4 ? GSO_TCPV4 : GSO_TCPV6));
            put16(memory, header + HDR_LEN, start + vector.transportBytes(i));
            put16(memory, header + GSO_SIZE, vector.segmentBytes(i));
        }
        return true;
    }

    /**
     * Says how many of the guest's buffers a packet takes.
     *
     * @param memory where the header is.
     * @param header offset of its first byte.
     * @param count at least 1.
     */
    public static void numBuffers(final MemorySegment memory, final long header, final int count) {
        put16(memory, header + NUM_BUFFERS, count);
    }

    private static int get16(final MemorySegment memory, final long at) {
        return memory.get(LE16, at) & 0xFFFF;
    }

    private static void put16(final MemorySegment memory, final long at, final int value) {
        memory.set(LE16, at, (short) value);
    }
}
