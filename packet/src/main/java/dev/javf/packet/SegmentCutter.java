package dev.javf.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Cuts a packet with {@link PacketVector#FLAG_TX_SEGMENT} into TCP segments, for ports that can't
 * take it whole: what a NIC does otherwise. One segment at a time, so that whoever gets them can
 * make room in between:
 *
 * <pre>
 *     if (cutter.begin(vector, i)) {
 *         while (cutter.isLeft() &amp;&amp; cutter.next(segments)) { ... }
 *     }
 * </pre>
 *
 * <p>The packet stays as it is and its owner's. For one thread; nothing is allocated.
 */
public final class SegmentCutter {
    private static final int IPV4_LENGTH_OFFSET = 2;
    private static final int IPV4_ID_OFFSET = 4;
    private static final int IPV6_LENGTH_OFFSET = 4;
    private static final int IPV6_BYTES = 40;
    private static final int TCP_SEQUENCE_OFFSET = 4;
    private static final int TCP_FLAGS_OFFSET = 13;
    private static final int TCP_FIN_PSH = 0x09;
    private static final int TCP_CWR = 0x80;
    private static final ValueLayout.OfShort NATIVE16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfShort BE16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt BE32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final PacketPool pool;
    private final MemorySegment memory;
    private PacketVector from = new PacketVector(1);
    private int place;
    private int headerBytes;
    private int segmentBytes;
    private int payloadBytes;
    private int done;
    private int segments;
    private int pieceBuffer;
    private long pieceAt;
    private int pieceLeft;

    /**
     * A cutter without a packet.
     *
     * @param pool of the packets and their segments.
     */
    public SegmentCutter(final PacketPool pool) {
        this.pool = pool;
        memory = pool.memory();
    }

    /**
     * Takes a packet up.
     *
     * @param vector where it is; it mustn't change as long as {@link #isLeft}.
     * @param i its place there.
     * @return false if it can't be cut, because what it asks for makes no sense; then it is to be
     *     dropped.
     */
    public boolean begin(final PacketVector vector, final int i) {
        done = 0;
        payloadBytes = 0;
        segments = 0;
        if (!SoftwareOffload.isPossible(vector, i) || vector.segmentBytes(i) == 0) {
            return false;
        }
        from = vector;
        place = i;
        headerBytes = vector.linkBytes(i) + vector.networkBytes(i) + vector.transportBytes(i);
        segmentBytes = vector.segmentBytes(i);
        payloadBytes = vector.totalBytes(i) - headerBytes;
        pieceBuffer = vector.buffer(i);
        pieceAt = pool.bufferOffset(pieceBuffer) + vector.offsetBytes(i) + headerBytes;
        pieceLeft = vector.lengthBytes(i) - headerBytes;
        return true;
    }

    /** Whether a part of the packet is left to be cut off. */
    public boolean isLeft() {
        return done < payloadBytes;
    }

    /**
     * Appends the next segment, with checksums, to a vector. Only while {@link #isLeft}.
     *
     * @param to gets it; there must be room.
     * @return false if there were no buffers for it; nothing was appended, and the rest of the
     *     packet can only be dropped.
     */
    public boolean next(final PacketVector to) {
        final int payload = Math.min(segmentBytes, payloadBytes - done);
        final int first = pool.allocate();
        if (first == PacketPool.NONE) {
            return false;
        }
        final long start = pool.dataOffset(first);
        final int inFirst = Math.min(headerBytes + payload, pool.dataCapacityBytes());
        if (inFirst < headerBytes) {
            pool.free(first);
            return false;
        }
        MemorySegment.copy(
                memory,
                pool.bufferOffset(from.buffer(place)) + from.offsetBytes(place),
                memory,
                start,
                headerBytes);
        copy(start + headerBytes, inFirst - headerBytes);
        final int further = headerBytes + payload - inFirst;
        if (further > 0 && !chain(first, further)) {
            return false;
        }
        fixHeaders(start, payload);
        to.add(
                first,
                pool.headroomBytes(),
                inFirst,
                from.vlan(place) | from.innerVlan(place) << Short.SIZE,
                from.flags(place) & ~(PacketVector.FLAGS_TX_OFFLOAD | PacketVector.FLAG_SEGMENTED),
                from.hash(place));
        if (further > 0) {
            to.segmented(to.size() - 1, further);
        }
        SoftwareOffload.checksum(
                pool,
                to,
                to.size() - 1,
                from.linkBytes(place) + from.networkBytes(place),
                from.linkBytes(place)
                        + from.networkBytes(place)
                        + SoftwareOffload.TCP_CHECKSUM_OFFSET);
        done += payload;
        segments++;
        return true;
    }

    private boolean chain(final int first, final int bytes) {
        pool.begin(first);
        int last = first;
        int left = bytes;
        while (left > 0) {
            final int buffer = pool.allocate();
            if (buffer == PacketPool.NONE) {
                pool.freeChain(first);
                return false;
            }
            final int piece = Math.min(left, pool.dataCapacityBytes());
            copy(pool.dataOffset(buffer), piece);
            pool.append(last, buffer, pool.headroomBytes(), piece);
            last = buffer;
            left -= piece;
        }
        return true;
    }

    /** Copies the next bytes of the payload, which go on from buffer to buffer. */
    private void copy(final long to, final int bytes) {
        int copied = 0;
        while (copied < bytes) {
            if (pieceLeft == 0) {
                pieceBuffer = pool.next(pieceBuffer);
                pieceAt = pool.bufferOffset(pieceBuffer) + pool.pieceOffsetBytes(pieceBuffer);
                pieceLeft = pool.pieceLengthBytes(pieceBuffer);
                continue;
            }
            final int piece = Math.min(bytes - copied, pieceLeft);
            MemorySegment.copy(memory, pieceAt, memory, to + copied, piece);
            pieceAt += piece;
            pieceLeft -= piece;
            copied += piece;
        }
    }

    /** Lengths, numbers and flags as they are in this segment; the TCP checksum begun. */
    private void fixHeaders(final long start, final int payload) {
        final long network = start + from.linkBytes(place);
        final int networkBytes = from.networkBytes(place);
        final long tcp = network + networkBytes;
        final int transport = from.transportBytes(place);
        if ((from.packetType(place) & PacketVector.TYPE_IP_MASK) == PacketVector.TYPE_IPV4) {
            put16(network + IPV4_LENGTH_OFFSET, networkBytes + transport + payload);
            put16(network + IPV4_ID_OFFSET, memory.get(BE16, network + IPV4_ID_OFFSET) + segments);
            SoftwareOffload.ipv4(memory, network, networkBytes);
        } else {
            put16(network + IPV6_LENGTH_OFFSET, networkBytes - IPV6_BYTES + transport + payload);
        }
        final long sequence = tcp + TCP_SEQUENCE_OFFSET;
        memory.set(BE32, sequence, memory.get(BE32, sequence) + done);
        int flags = memory.get(ValueLayout.JAVA_BYTE, tcp + TCP_FLAGS_OFFSET);
        flags &= segments > 0 ? ~TCP_CWR : -1;
        flags &= done + payload < payloadBytes ? ~TCP_FIN_PSH : -1;
        memory.set(ValueLayout.JAVA_BYTE, tcp + TCP_FLAGS_OFFSET, (byte) flags);
        // The pseudo header's sum has the whole packet's length; it gets the segment's.
        final int whole = transport + payloadBytes;
        final long field = tcp + SoftwareOffload.TCP_CHECKSUM_OFFSET;
        long sum = memory.get(NATIVE16, field) & 0xFFFFL;
        sum += InternetChecksum.swap(~whole & 0xFFFF);
        sum += InternetChecksum.swap(~(whole >>> Short.SIZE) & 0xFFFF);
        sum += InternetChecksum.swap(transport + payload);
        memory.set(NATIVE16, field, (short) InternetChecksum.fold(sum));
    }

    private void put16(final long at, final int value) {
        memory.set(BE16, at, (short) value);
    }
}
