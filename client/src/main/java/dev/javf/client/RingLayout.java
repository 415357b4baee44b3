package dev.javf.client;

import dev.javf.packet.PacketVector;

/**
 * The memory that holds a port's rings: for each of its queues, one behind the other, two rings,
 * one for each direction. Offsets in bytes, from where a queue starts; whatever one side writes is
 * 128 bytes from what the other writes, which are the two cache lines that a processor fetches
 * together.
 *
 * <pre>
 *    0  Rx tail: packets that the daemon has ever put in      (64 bits, written by the daemon)
 *  128  Rx head: packets that the client is done with         (64 bits, written by the client)
 *  256  Tx tail: packets that the client has ever put in      (64 bits, written by the client)
 *  384  Tx head: packets that the daemon is done with         (64 bits, written by the daemon)
 *  512  Rx sleep: not 0 while the client sleeps               (32 bits, written by both)
 * 1024  Rx slots, 16 bytes each
 *       Tx slots, 16 bytes each
 *       Rx hashes, 32 bits for each slot, of packets whose flags say that there is one
 * </pre>
 *
 * A slot describes one packet, in two words of 64 bits, as {@link PacketVector} has them:
 *
 * <pre>
 *  63        48 47        32 31                       0
 * +------------+------------+--------------------------+
 * |   length   |   offset   |          buffer          |
 * +------------+------------+--------------------------+
 * |          flags          |  inner tag  |    tag     |
 * +-------------------------+-------------+------------+
 * </pre>
 *
 * Every slot has a buffer that the daemon chose: an Rx slot the one with its packet, a Tx slot the
 * one for its next packet. A buffer belongs to whoever its slot belongs to: between head and tail
 * to the reader, otherwise to the writer. Where the buffers are those of the function ({@link
 * Welcome#isZeroCopy}), a client may exchange buffers between slots that belong to it, and thus
 * send a packet from where it was received; otherwise a slot keeps its buffer.
 */
public final class RingLayout {
    /** Offset of the Rx ring's tail. */
    public static final int RX_TAIL_OFFSET = 0;

    /** Offset of the Rx ring's head. */
    public static final int RX_HEAD_OFFSET = 128;

    /** Offset of the Tx ring's tail. */
    public static final int TX_TAIL_OFFSET = 256;

    /** Offset of the Tx ring's head. */
    public static final int TX_HEAD_OFFSET = 384;

    /** Offset of the word that says that the client sleeps. */
    public static final int RX_SLEEP_OFFSET = 512;

    /** Offset of the first slot. */
    public static final int SLOTS_OFFSET = 1024;

    /** Length of a slot. */
    public static final int SLOT_BYTES = 16;

    static final int SLOT_SHIFT = 4;
    static final int HASH_SHIFT = 2;

    /** Fewest slots of a ring. */
    public static final int SLOTS_MIN = 64;

    /** Most slots of a ring. */
    public static final int SLOTS_MAX = 8192;

    /** The version of this layout and of the messages at the socket. */
    public static final int VERSION = 2;

    /** Most queues of a port: pairs of rings. */
    public static final int QUEUES_MAX = 16;

    private RingLayout() {}

    /**
     * Length of the memory.
     *
     * @param slots of each ring.
     * @param queues pairs of rings.
     * @return bytes.
     */
    public static long lengthBytes(final int slots, final int queues) {
        return queueOffset(slots, queues);
    }

    /**
     * Where a queue's pair of rings starts.
     *
     * @param slots of each ring.
     * @param queue its number, from 0 on.
     * @return offset in bytes, a multiple of 128.
     */
    public static long queueOffset(final int slots, final int queue) {
        return queue * (hashesOffset(slots) + ((long) slots << HASH_SHIFT));
    }

    static long hashesOffset(final int slots) {
        return SLOTS_OFFSET + 2L * slots * SLOT_BYTES;
    }

    /**
     * A slot's first word.
     *
     * @param buffer index.
     * @param offsetBytes from the buffer's start, 0 to 65535.
     * @param lengthBytes 0 to 65535.
     */
    public static long place(final int buffer, final int offsetBytes, final int lengthBytes) {
        return (long) lengthBytes << 48 | (long) offsetBytes << 32 | (buffer & 0xFFFF_FFFFL);
    }

    /** The buffer in a slot's first word. */
    public static int buffer(final long place) {
        return (int) place;
    }

    /** The offset in a slot's first word, in bytes. */
    public static int offsetBytes(final long place) {
        return (int) (place >>> 32) & 0xFFFF;
    }

    /** The length in a slot's first word, in bytes. */
    public static int lengthBytes(final long place) {
        return (int) (place >>> 48);
    }

    /**
     * A slot's second word.
     *
     * @param flags {@code PacketVector.FLAG_...} bits.
     * @param vlan tag control information.
     */
    public static long kind(final int flags, final int vlan) {
        return (long) flags << 32 | (vlan & 0xFFFF_FFFFL);
    }

    /** The flags in a slot's second word. */
    public static int flags(final long kind) {
        return (int) (kind >>> 32);
    }

    /** The tags in a slot's second word: the inner one in bits 31..16. */
    public static int vlan(final long kind) {
        return (int) kind;
    }
}
