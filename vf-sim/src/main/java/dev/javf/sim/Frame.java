package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The one frame that is on its way through the switch. Its first bytes are a private copy, from
 * which everything is decided and which is what receivers get, so that a driver that rewrites its
 * buffer meanwhile changes nothing but its own payload; the rest stays in the sender's buffers
 * until it is copied to the receiver's. Tags that were inserted on the way are kept beside the
 * bytes. Reused for every frame; for the switch's thread.
 */
final class Frame {
    /** Kinds of destination, with the values of an Rx descriptor's UMBCAST field. */
    static final int UNICAST = 0;

    static final int MULTICAST = 1;
    static final int BROADCAST = 2;

    /** Bytes copied: enough for two tags, IPv6 and TCP with all its options. */
    static final int HEADER_BYTES = 128;

    /** A segment's headers and its buffers. */
    static final int MAX_PIECES = 1 + TxPacket.MAX_BUFFERS;

    /** The longest header that descriptors can describe: 126 + 508 + 60 bytes, rounded up. */
    static final int HEADER_CAPACITY_BYTES = 768;

    private static final int MAX_TAGS = 5;

    /** Both addresses and the EtherType, and what comes with them. */
    private static final int FIRST_BYTES = 16;

    private static final ValueLayout.OfLong BIG_ENDIAN =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final MemorySegment header = Arena.ofAuto().allocate(HEADER_CAPACITY_BYTES, 64);
    private final MemorySegment edited = Arena.ofAuto().allocate(HEADER_CAPACITY_BYTES + 64, 64);
    private final @Nullable MemorySegment[] pieceMemory = new MemorySegment[MAX_PIECES];
    private final long[] pieceOffset = new long[MAX_PIECES];
    private final int[] pieceLength = new int[MAX_PIECES];
    private final int[] tags = new int[MAX_TAGS];
    private final PacketHeaders headers = new PacketHeaders(this);
    private int pieces;
    private int firstPiece;
    private int headerBytes;
    private int lengthBytes;
    private int tagCount;
    private int insertedTags;
    private long destination;
    private long source;
    private int castKind;

    /** Starts a new frame without bytes. */
    void clear() {
        pieces = 0;
        lengthBytes = 0;
        tagCount = 0;
        insertedTags = 0;
    }

    /** Appends bytes; {@link #MAX_PIECES} times at most. */
    void append(final MemorySegment memory, final long offset, final int length) {
        pieceMemory[pieces] = memory;
        pieceOffset[pieces] = offset;
        pieceLength[pieces++] = length;
        lengthBytes += length;
    }

    int pieces() {
        return pieces;
    }

    /**
     * Takes the private copy of the first bytes and looks at addresses and tags.
     *
     * @param copyBytes how many to copy, if there are so many.
     * @param doubleVlanMode whether two tags of all TPIDs are understood, or one of 0x8100.
     */
    void seal(final int copyBytes, final boolean doubleVlanMode) {
        headerBytes = Math.min(copyBytes, lengthBytes);
        int copied = 0;
        firstPiece = 0;
        while (copied < headerBytes) {
            final int chunk = Math.min(pieceLength[firstPiece], headerBytes - copied);
            MemorySegment.copy(
                    pieceMemory(firstPiece), pieceOffset[firstPiece], header, copied, chunk);
            copied += chunk;
            if (chunk == pieceLength[firstPiece]) {
                firstPiece++;
            } else {
                pieceOffset[firstPiece] += chunk;
                pieceLength[firstPiece] -= chunk;
            }
        }
        start(header.get(BIG_ENDIAN, 0), header.get(BIG_ENDIAN, 8), doubleVlanMode);
    }

    /**
     * What {@link #clear}, {@link #append} and {@link #seal} do, for a frame in one buffer. The
     * bytes that everything is decided from are read once and kept in registers: to read them back
     * from a copy just made in other units would stall.
     */
    void load(
            final MemorySegment memory,
            final long offset,
            final int length,
            final int copyBytes,
            final boolean doubleVlanMode) {
        clear();
        if (length < FIRST_BYTES || copyBytes > HEADER_BYTES) {
            append(memory, offset, length);
            seal(copyBytes, doubleVlanMode);
            return;
        }
        lengthBytes = length;
        headerBytes = Math.min(copyBytes, length);
        firstPiece = 0;
        final long first = memory.get(BIG_ENDIAN, offset);
        final long second = memory.get(BIG_ENDIAN, offset + 8);
        header.set(BIG_ENDIAN, 0, first);
        header.set(BIG_ENDIAN, 8, second);
        MemorySegment.copy(
                memory, offset + FIRST_BYTES, header, FIRST_BYTES, headerBytes - FIRST_BYTES);
        if (length > headerBytes) {
            pieceMemory[0] = memory;
            pieceOffset[0] = offset + headerBytes;
            pieceLength[0] = length - headerBytes;
            pieces = 1;
        }
        start(first, second, doubleVlanMode);
    }

    /** Reads the first 16 bytes. */
    private void start(final long first, final long second, final boolean doubleVlanMode) {
        destination = first >>> 16;
        source = (first & 0xFFFF) << 32 | second >>> 32;
        castKind = UNICAST;
        if (MacAddress.isMulticast(destination)) {
            castKind = destination == MacAddress.BROADCAST.value() ? BROADCAST : MULTICAST;
        }
        final int type = (int) (second >>> 16) & 0xFFFF;
        if (doubleVlanMode ? VlanSet.table(type) >= 0 : type == Ethernet.TPID_8021Q) {
            liftTags(doubleVlanMode);
        }
        headers.forget();
    }

    private void liftTags(final boolean doubleVlanMode) {
        final int most = doubleVlanMode ? 2 : 1;
        int offset = Ethernet.TYPE_OFFSET;
        while (tagCount < most && offset + Ethernet.VLAN_TAG_BYTES + 2 <= headerBytes) {
            final int type = u16(offset);
            if (doubleVlanMode ? VlanSet.table(type) < 0 : type != Ethernet.TPID_8021Q) {
                break;
            }
            tags[tagCount++] = type << 16 | u16(offset + 2);
            offset += Ethernet.VLAN_TAG_BYTES;
        }
    }

    /** Puts a tag before all others. TPID in bits 31..16, TCI in bits 15..0. */
    void insertTag(final int tag) {
        for (int i = tagCount++; i > 0; i--) {
            tags[i] = tags[i - 1];
        }
        tags[0] = tag;
        insertedTags++;
    }

    /** Takes back all insertions, for the next receiver or segment. */
    void removeInsertedTags() {
        tagCount -= insertedTags;
        for (int i = 0; i < tagCount; i++) {
            tags[i] = tags[i + insertedTags];
        }
        insertedTags = 0;
    }

    int tagCount() {
        return tagCount;
    }

    /** A tag from outside in; TPID in bits 31..16, TCI in bits 15..0. */
    int tag(final int position) {
        return tags[position];
    }

    long destination() {
        return destination;
    }

    long source() {
        return source;
    }

    int castKind() {
        return castKind;
    }

    /** Length with all tags, in bytes. */
    int lengthBytes() {
        return lengthBytes + insertedTags * Ethernet.VLAN_TAG_BYTES;
    }

    /** Length of the bytes, without inserted tags. */
    int storedBytes() {
        return lengthBytes;
    }

    /** The private copy of the first {@link #headerBytes}, without inserted tags. */
    MemorySegment header() {
        return header;
    }

    int headerBytes() {
        return headerBytes;
    }

    /** Where the EtherType behind all tags is in the {@link #header}. */
    int typeOffset() {
        return Ethernet.TYPE_OFFSET + (tagCount - insertedTags) * Ethernet.VLAN_TAG_BYTES;
    }

    /** The headers behind the tags. */
    PacketHeaders headers() {
        return headers;
    }

    /** First piece of what follows the {@link #header}; the last is {@link #pieces} - 1. */
    int firstPiece() {
        return firstPiece;
    }

    MemorySegment pieceMemory(final int piece) {
        return Objects.requireNonNull(pieceMemory[piece]);
    }

    long pieceOffset(final int piece) {
        return pieceOffset[piece];
    }

    int pieceLength(final int piece) {
        return pieceLength[piece];
    }

    /** Whether the tags that a receiver shall see are just those that the bytes have. */
    boolean isAsStored(final int visibleTags) {
        return insertedTags == 0 && visibleTags == (1 << tagCount) - 1;
    }

    /**
     * The header with chosen tags.
     *
     * @param visibleTags bit i for the tag at position i.
     * @return memory whose first {@link #headerBytes} + 4 * (visible tags - stored tags) bytes are
     *     the header.
     */
    MemorySegment edit(final int visibleTags) {
        MemorySegment.copy(header, 0, edited, 0, Ethernet.TYPE_OFFSET);
        int offset = Ethernet.TYPE_OFFSET;
        for (int i = 0; i < tagCount; i++) {
            if ((visibleTags >>> i & 1) != 0) {
                edited.set(SHORT, offset, Short.reverseBytes((short) (tags[i] >>> 16)));
                edited.set(SHORT, offset + 2, Short.reverseBytes((short) tags[i]));
                offset += Ethernet.VLAN_TAG_BYTES;
            }
        }
        final int typeOffset = typeOffset();
        MemorySegment.copy(header, typeOffset, edited, offset, headerBytes - typeOffset);
        return edited;
    }

    /**
     * Copies the whole frame with all its tags.
     *
     * @return the offset behind it.
     */
    long copyTo(final MemorySegment memory, final long offset) {
        final MemorySegment from = insertedTags == 0 ? header : edit((1 << tagCount) - 1);
        long at = offset + headerBytes + insertedTags * (long) Ethernet.VLAN_TAG_BYTES;
        MemorySegment.copy(from, 0, memory, offset, at - offset);
        for (int piece = firstPiece; piece < pieces; piece++) {
            MemorySegment.copy(
                    pieceMemory(piece), pieceOffset[piece], memory, at, pieceLength[piece]);
            at += pieceLength[piece];
        }
        return at;
    }

    int u8(final int offset) {
        return header.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    int u16(final int offset) {
        return Short.reverseBytes(header.get(SHORT, offset)) & 0xFFFF;
    }
}
