package dev.javf.sim;

import dev.javf.vfio.DmaCursor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A descriptor of the mailbox queues, 32 bytes (Linux, libie_aq_desc), as the device sees it: a
 * private copy of what the driver wrote, and the device's answer in its place.
 */
final class MailboxDescriptor {
    static final int BYTES = 32;

    static final int FLAG_DD = 0x0001;
    static final int FLAG_CMP = 0x0002;
    static final int FLAG_ERR = 0x0004;
    static final int FLAG_LB = 0x0200;
    static final int FLAG_RD = 0x0400;
    static final int FLAG_BUF = 0x1000;
    static final int FLAG_SI = 0x2000;
    static final int FLAG_EI = 0x4000;

    static final int OPCODE_QUEUE_SHUTDOWN = 0x0003;
    static final int OPCODE_SEND_TO_PF = 0x0801;
    static final int OPCODE_MESSAGE_FROM_PF = 0x0802;

    static final int RC_OK = 0;
    static final int RC_EINVAL = 14;
    static final int RC_ENOSPC = 16;
    static final int RC_ENOSYS = 17;
    static final int RC_BAD_ADDR = 20;

    /** Buffers longer than this are large ones. */
    static final int SMALL_BUFFER_BYTES = 512;

    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int OPCODE_OFFSET = 2;
    private static final int LENGTH_OFFSET = 4;
    private static final int RETVAL_OFFSET = 6;
    private static final int COOKIE_HIGH_OFFSET = 8;
    private static final int COOKIE_LOW_OFFSET = 12;
    private static final int PARAM_OFFSET = 16;
    private static final int ADDRESS_HIGH_OFFSET = 24;
    private static final int ADDRESS_LOW_OFFSET = 28;

    private final MemorySegment copy = MemorySegment.ofArray(new int[BYTES / Integer.BYTES]);

    /** Reads a descriptor; what the driver does to the memory later has no effect. */
    boolean read(final DmaCursor cursor, final long iova) {
        return cursor.read(iova, copy, 0, BYTES);
    }

    int flags() {
        return Short.toUnsignedInt(copy.get(U16, 0));
    }

    boolean has(final int flag) {
        return (flags() & flag) != 0;
    }

    int opcode() {
        return Short.toUnsignedInt(copy.get(U16, OPCODE_OFFSET));
    }

    /** Length of the message, or of the buffer in a receive queue. */
    int lengthBytes() {
        return Short.toUnsignedInt(copy.get(U16, LENGTH_OFFSET));
    }

    /** The virtchnl operation. */
    int cookieHigh() {
        return copy.get(U32, COOKIE_HIGH_OFFSET);
    }

    /** Address of the buffer. */
    long address() {
        return Integer.toUnsignedLong(copy.get(U32, ADDRESS_LOW_OFFSET))
                | (long) copy.get(U32, ADDRESS_HIGH_OFFSET) << Integer.SIZE;
    }

    /** Completes a command of the send queue. */
    void complete(final int returnCode) {
        copy.set(U16, RETVAL_OFFSET, (short) returnCode);
        done(returnCode);
    }

    /** Fills in a message that has been received into the buffer. */
    void deliver(final MailboxMessage message, final int returnCode) {
        final int length = returnCode == RC_OK ? message.lengthBytes() : 0;
        copy.set(U16, OPCODE_OFFSET, (short) OPCODE_MESSAGE_FROM_PF);
        copy.set(U16, LENGTH_OFFSET, (short) length);
        copy.set(U16, RETVAL_OFFSET, (short) returnCode);
        copy.set(U32, COOKIE_HIGH_OFFSET, message.opcode());
        copy.set(U32, COOKIE_LOW_OFFSET, message.status());
        copy.asSlice(PARAM_OFFSET, ADDRESS_HIGH_OFFSET - PARAM_OFFSET).fill((byte) 0);
        done(returnCode);
    }

    private void done(final int returnCode) {
        final int done = FLAG_DD | FLAG_CMP | (returnCode == RC_OK ? 0 : FLAG_ERR);
        copy.set(U16, 0, (short) (flags() | done));
    }

    /** Writes the descriptor back, the flags last: a driver may wait for DD. */
    boolean write(final DmaCursor cursor, final long iova) {
        if (!cursor.write(iova + OPCODE_OFFSET, copy, OPCODE_OFFSET, BYTES - OPCODE_OFFSET)) {
            return false;
        }
        VarHandle.releaseFence();
        return cursor.write(iova, copy, 0, OPCODE_OFFSET);
    }
}
