package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;

/**
 * What every message starts with.
 *
 * @param id chosen by who asks, repeated by who answers; 16 bits.
 * @param command what is asked; 16 bits.
 * @param sizeBytes of the message, header included.
 * @param flags type and modifiers.
 * @param errno of an answer with {@link #ERROR}.
 */
record Header(int id, int command, int sizeBytes, int flags, int errno) {
    static final int LENGTH_BYTES = 16;

    /** Flags: the part that says what kind of message this is. */
    static final int TYPE_MASK = 0xF;

    static final int TYPE_COMMAND = 0;
    static final int TYPE_REPLY = 1;

    /** Flag of a command: it is not to be answered. */
    static final int NO_REPLY = 0x10;

    /** Flag of a reply: it failed. Nothing follows the header. */
    static final int ERROR = 0x20;

    static Header decode(final MemorySegment message) {
        return new Header(
                Short.toUnsignedInt(message.get(Wire.U16, 0)),
                Short.toUnsignedInt(message.get(Wire.U16, 2)),
                message.get(Wire.U32, 4),
                message.get(Wire.U32, 8),
                message.get(Wire.U32, 12));
    }

    void encode(final MemorySegment message) {
        message.set(Wire.U16, 0, (short) id);
        message.set(Wire.U16, 2, (short) command);
        message.set(Wire.U32, 4, sizeBytes);
        message.set(Wire.U32, 8, flags);
        message.set(Wire.U32, 12, errno);
    }

    boolean isCommand() {
        return (flags & TYPE_MASK) == TYPE_COMMAND;
    }

    boolean isReply() {
        return (flags & TYPE_MASK) == TYPE_REPLY;
    }

    boolean wantsReply() {
        return (flags & NO_REPLY) == 0;
    }

    boolean isError() {
        return (flags & ERROR) != 0;
    }

    int payloadBytes() {
        return sizeBytes - LENGTH_BYTES;
    }
}
