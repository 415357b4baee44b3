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
 * The one frame that is on its way through the switch: a header in one piece, and further pieces. A
 * frame in one buffer is all header and stays where it is until it is copied to its receivers;
 * otherwise the header is a copy of the first bytes.
 *
 * <p>The bytes that the switch decides by, addresses and tags, are read once, and receivers get
 * them as they were read: a driver that rewrites its buffer meanwhile changes nothing but its own
 * payload. Tags that are inserted on the way are kept beside the bytes. Reused for every frame; for
 * the switch's thread.
 */
final class Frame {
    /** Kinds of destination, with the values of an Rx descriptor's UMBCAST field. */
    static final int UNICAST = 0;

    static final int MULTICAST = 1;
    static final int BROADCAST = 2;

    /** Bytes in a copied header: enough for two tags, VXLAN in IPv6, IPv6 and TCP with options. */
    static final int HEADER_BYTES = 192;

    /** A segment's headers and its buffers. */
    static final int MAX_PIECES = 1 + TxPacket.MAX_BUFFERS;

    /** The longest header that descriptors can describe: 126 + 252 + 254 + 508 + 60, rounded up. */
    static final int HEADER_CAPACITY_BYTES = 1216;

    /** The longest edited start: addresses and tags. */
    static final int EDITED_CAPACITY_BYTES = 32;

    /** A segment of the longest kind, and headers before it. */
    private static final int BOUNCE_BYTES = 16 << 10;

    /** Addresses, two tags, and the EtherType. */
    private static final int FIRST_BYTES = 24;

    private static final int MAX_TAGS = 5;
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment copy = Arena.ofAuto().allocate(HEADER_CAPACITY_BYTES, 64);
    private final MemorySegment edited = Arena.ofAuto().allocate(EDITED_CAPACITY_BYTES, 64);
    private final MemorySegment sendBounce = Arena.ofAuto().allocate(BOUNCE_BYTES, 64);
    private final MemorySegment receiveBounce = Arena.ofAuto().allocate(BOUNCE_BYTES, 64);
    private final @Nullable MemorySegment[] pieceMemory = new MemorySegment[MAX_PIECES];
    private final long[] pieceOffset = new long[MAX_PIECES];
    private final int[] pieceLength = new int[MAX_PIECES];
    private final int[] tags = new int[MAX_TAGS];
    private final PacketHeaders headers = new PacketHeaders(this);
    private MemorySegment header = copy;
    private long headerOffset;
    private int headerBytes;
    private boolean borrowed;
    private int pieces;
    private int firstPiece;
    private int bounceBytes;
    private int lengthBytes;
    private int tagCount;
    private int insertedTags;
    private long first;
    private long second;
    private long third;
    private long destination;
    private int castKind;

    /** Starts a new frame without bytes. */
    void clear() {
        pieces = 0;
        firstPiece = 0;
        bounceBytes = 0;
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

    /**
     * Ends {@link #append}ing: copies the header and looks at addresses and tags.
     *
     * @param copyBytes length of the header, if there are so many bytes.
     * @param doubleVlanMode whether two tags of all TPIDs are understood, or one of 0x8100.
     */
    void seal(final int copyBytes, final boolean doubleVlanMode) {
        header = copy;
        headerOffset = 0;
        headerBytes = Math.min(copyBytes, lengthBytes);
        borrowed = false;
        int copied = 0;
        while (copied < headerBytes) {
            final int chunk = Math.min(pieceLength[firstPiece], headerBytes - copied);
            MemorySegment.copy(
                    pieceMemory(firstPiece), pieceOffset[firstPiece], copy, copied, chunk);
            copied += chunk;
            if (chunk == pieceLength[firstPiece]) {
                firstPiece++;
            } else {
                pieceOffset[firstPiece] += chunk;
                pieceLength[firstPiece] -= chunk;
            }
        }
        start(doubleVlanMode);
    }

    /** What {@link #append} and {@link #seal} do, for a frame in one buffer, without a copy. */
    void borrow(
            final MemorySegment memory,
            final long offset,
            final int length,
            final boolean doubleVlanMode) {
        if (length < FIRST_BYTES) {
            append(memory, offset, length);
            seal(HEADER_BYTES, doubleVlanMode);
            return;
        }
        header = memory;
        headerOffset = offset;
        headerBytes = length;
        lengthBytes = length;
        borrowed = true;
        start(doubleVlanMode);
    }

    /** Reads what the switch decides by. A frame that is shorter lies in {@link #copy}. */
    private void start(final boolean doubleVlanMode) {
        first = header.get(LONG, headerOffset);
        second = header.get(LONG, headerOffset + 8);
        third = header.get(LONG, headerOffset + 16);
        destination = first >>> 16;
        castKind = UNICAST;
        if (MacAddress.isMulticast(destination)) {
            castKind = destination == MacAddress.BROADCAST.value() ? BROADCAST : MULTICAST;
        }
        liftTag((int) second, doubleVlanMode);
        if (tagCount == 1 && doubleVlanMode) {
            liftTag((int) (third >>> 32), true);
        }
        headers.forget();
    }

    /** Notes a tag if there is one, and an EtherType behind it. */
    private void liftTag(final int tag, final boolean doubleVlanMode) {
        final int tpid = tag >>> 16;
        final boolean isTag =
                doubleVlanMode ? VlanSet.table(tpid) >= 0 : tpid == Ethernet.TPID_8021Q;
        if (isTag && typeOffset() + Ethernet.VLAN_TAG_BYTES + 2 <= headerBytes) {
            tags[tagCount++] = tag;
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
        return (first & 0xFFFF) << 32 | second >>> 32;
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

    /** The first {@link #headerBytes}, from {@link #headerOffset}, without inserted tags. */
    MemorySegment header() {
        return header;
    }

    long headerOffset() {
        return headerOffset;
    }

    int headerBytes() {
        return headerBytes;
    }

    /** Where the EtherType behind all tags is in the header. */
    int typeOffset() {
        return Ethernet.TYPE_OFFSET + storedTagBytes();
    }

    /** Length of the tags that are in the header. */
    int storedTagBytes() {
        return (tagCount - insertedTags) * Ethernet.VLAN_TAG_BYTES;
    }

    /** The headers behind the tags. */
    PacketHeaders headers() {
        return headers;
    }

    int pieces() {
        return pieces;
    }

    /** First piece of what follows the header; the last is {@link #pieces} - 1. */
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

    /** Memory for pieces that can't be used where they are, until the next {@link #clear}. */
    MemorySegment sendBounce() {
        return sendBounce;
    }

    /**
     * Takes a part of {@link #sendBounce}.
     *
     * @return its offset.
     */
    int takeSendBounce(final int length) {
        final int offset = bounceBytes;
        bounceBytes += length;
        return offset;
    }

    /** Memory for the bytes of a buffer that can't be written where it is. */
    MemorySegment receiveBounce() {
        return receiveBounce;
    }

    /** Whether the tags that a receiver shall see are just those that the bytes have. */
    boolean isAsStored(final int visibleTags) {
        return insertedTags == 0 && visibleTags == (1 << tagCount) - 1;
    }

    /**
     * Writes the bytes that have been read over their copy, which may be newer.
     *
     * @param memory holds a copy of the header.
     * @param offset of its first byte.
     */
    void restoreStart(final MemorySegment memory, final long offset) {
        if (borrowed) {
            memory.set(LONG, offset, first);
            memory.set(LONG, offset + 8, second);
            memory.set(LONG, offset + 16, third);
        }
    }

    /**
     * Makes the start of the frame with chosen tags: addresses and these tags. In the header,
     * {@link #typeOffset} is where the frame goes on.
     *
     * @param visibleTags bit i for the tag at position i.
     * @return memory whose first 12 + 4 * visible tags bytes are the start.
     */
    MemorySegment editStart(final int visibleTags) {
        edited.set(LONG, 0, first);
        edited.set(LONG, 8, second);
        int offset = Ethernet.TYPE_OFFSET;
        for (int i = 0; i < tagCount; i++) {
            if ((visibleTags >>> i & 1) != 0) {
                edited.set(INT, offset, tags[i]);
                offset += Ethernet.VLAN_TAG_BYTES;
            }
        }
        return edited;
    }

    /**
     * Copies the whole frame with all its tags.
     *
     * @return the offset behind it.
     */
    long copyTo(final MemorySegment memory, final long offset) {
        long at = offset;
        int from = 0;
        if (insertedTags > 0) {
            final int startBytes = Ethernet.TYPE_OFFSET + tagCount * Ethernet.VLAN_TAG_BYTES;
            MemorySegment.copy(editStart((1 << tagCount) - 1), 0, memory, at, startBytes);
            at += startBytes;
            from = typeOffset();
        }
        MemorySegment.copy(header, headerOffset + from, memory, at, headerBytes - from);
        if (insertedTags == 0) {
            restoreStart(memory, offset);
        }
        at += headerBytes - from;
        for (int piece = firstPiece; piece < pieces; piece++) {
            MemorySegment.copy(
                    pieceMemory(piece), pieceOffset[piece], memory, at, pieceLength[piece]);
            at += pieceLength[piece];
        }
        return at;
    }

    int u8(final int offset) {
        return header.get(ValueLayout.JAVA_BYTE, headerOffset + offset) & 0xFF;
    }

    int u16(final int offset) {
        return header.get(SHORT, headerOffset + offset) & 0xFFFF;
    }
}
