package dev.javf.iavf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A mailbox descriptor (Intel's iavf_adminq_cmd.h, struct libie_aq_desc), 32 bytes, little endian:
 *
 * <pre>
 *  0     2       4        6       8           12          16           24        28
 *  +-----+-------+--------+-------+-----------+-----------+------------+---------+---------+
 *  |flags|opcode |datalen |retval |cookie_high|cookie_low | parameters |addr_high|addr_low |
 *  +-----+-------+--------+-------+-----------+-----------+------------+---------+---------+
 * </pre>
 *
 * In messages between VF and PF, cookie_high is the virtchnl operation and cookie_low its status.
 */
final class AdminQueueDescriptor {
    static final int BYTES = 32;

    static final int OPCODE_SEND_TO_PF = 0x0801;
    static final int OPCODE_FROM_PF = 0x0802;
    static final int OPCODE_QUEUE_SHUTDOWN = 0x0003;

    static final int FLAG_DD = 1;
    static final int FLAG_CMP = 1 << 1;
    static final int FLAG_ERR = 1 << 2;
    static final int FLAG_LB = 1 << 9;
    static final int FLAG_RD = 1 << 10;
    static final int FLAG_BUF = 1 << 12;
    static final int FLAG_SI = 1 << 13;

    /** A buffer longer than this needs {@link #FLAG_LB}. */
    static final int LARGE_BUFFER_BYTES = 512;

    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int OFFSET_FLAGS = 0;
    private static final int OFFSET_OPCODE = 2;
    private static final int OFFSET_DATALEN = 4;
    private static final int OFFSET_COOKIE_HIGH = 8;
    private static final int OFFSET_COOKIE_LOW = 12;
    private static final int OFFSET_PARAM0 = 16;
    private static final int OFFSET_ADDR_HIGH = 24;
    private static final int OFFSET_ADDR_LOW = 28;

    private AdminQueueDescriptor() {}

    /** Writes a message to the PF. */
    static void putSend(
            final MemorySegment ring,
            final int index,
            final int virtchnlOpcode,
            final int lengthBytes,
            final long bufferIova) {
        final long at = clear(ring, index);
        int flags = FLAG_SI;
        if (lengthBytes > 0) {
            flags |= FLAG_BUF | FLAG_RD | (lengthBytes > LARGE_BUFFER_BYTES ? FLAG_LB : 0);
            putAddress(ring, at, bufferIova);
        }
        ring.set(U16, at + OFFSET_FLAGS, (short) flags);
        ring.set(U16, at + OFFSET_OPCODE, (short) OPCODE_SEND_TO_PF);
        ring.set(U16, at + OFFSET_DATALEN, (short) lengthBytes);
        ring.set(U32, at + OFFSET_COOKIE_HIGH, virtchnlOpcode);
    }

    /** Writes the command by which a driver says that it goes away. */
    static void putShutdown(final MemorySegment ring, final int index) {
        final long at = clear(ring, index);
        ring.set(U16, at + OFFSET_FLAGS, (short) FLAG_SI);
        ring.set(U16, at + OFFSET_OPCODE, (short) OPCODE_QUEUE_SHUTDOWN);
        ring.set(U32, at + OFFSET_PARAM0, 1);
    }

    /** Writes an empty buffer for the PF to fill. */
    static void putReceive(
            final MemorySegment ring,
            final int index,
            final int bufferBytes,
            final long bufferIova) {
        final long at = clear(ring, index);
        putAddress(ring, at, bufferIova);
        ring.set(U16, at + OFFSET_DATALEN, (short) bufferBytes);
        ring.set(U16, at + OFFSET_FLAGS, (short) (FLAG_BUF | FLAG_LB));
    }

    static int flags(final MemorySegment ring, final int index) {
        return Short.toUnsignedInt(ring.get(U16, offset(index) + OFFSET_FLAGS));
    }

    static int opcode(final MemorySegment ring, final int index) {
        return Short.toUnsignedInt(ring.get(U16, offset(index) + OFFSET_OPCODE));
    }

    static int lengthBytes(final MemorySegment ring, final int index) {
        return Short.toUnsignedInt(ring.get(U16, offset(index) + OFFSET_DATALEN));
    }

    static int virtchnlOpcode(final MemorySegment ring, final int index) {
        return ring.get(U32, offset(index) + OFFSET_COOKIE_HIGH);
    }

    static int virtchnlStatus(final MemorySegment ring, final int index) {
        return ring.get(U32, offset(index) + OFFSET_COOKIE_LOW);
    }

    private static long clear(final MemorySegment ring, final int index) {
        final long at = offset(index);
        ring.asSlice(at, BYTES).fill((byte) 0);
        return at;
    }

    private static void putAddress(final MemorySegment ring, final long at, final long iova) {
        ring.set(U32, at + OFFSET_ADDR_HIGH, (int) (iova >>> 32));
        ring.set(U32, at + OFFSET_ADDR_LOW, (int) iova);
    }

    private static long offset(final int index) {
        return (long) index * BYTES;
    }
}
