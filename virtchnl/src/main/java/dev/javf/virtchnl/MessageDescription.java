package dev.javf.virtchnl;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** One line for any message, whatever its bytes: for traces and for people. */
public final class MessageDescription {
    private MessageDescription() {}

    /**
     * Describes a message. Never throws, whatever the arguments; never more than one line.
     *
     * @param direction who sends it.
     * @param opcode its operation.
     * @param status its status; shown for answers only.
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return for example {@code VF>PF ADD_VLAN_V2 vport 1: outer 8100 vlans 100-107 (8 filters,
     *     264 B)}.
     */
    public static String describe(
            final Direction direction,
            final int opcode,
            final int status,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes) {
        final StringBuilder line = new StringBuilder();
        line.append(direction).append(' ').append(Opcode.nameOf(opcode));
        final boolean isAnswer = direction == Direction.PF_TO_VF;
        if (isAnswer && (opcode != Opcode.EVENT.code() || status != 0)) {
            line.append(' ').append(Status.nameOf(status));
        }
        if (lengthBytes < 0 || offset < 0 || offset > buffer.byteSize() - lengthBytes) {
            return line.append(" malformed: ")
                    .append(lengthBytes)
                    .append(" bytes, but there are ")
                    .append(Math.max(0, buffer.byteSize() - Math.max(0, offset)))
                    .toString();
        }
        if (isAnswer && status != 0 && lengthBytes == 0) {
            return line.toString();
        }
        final String body = body(direction, opcode, buffer, offset, lengthBytes);
        return body.isEmpty() ? line.toString() : line.append(' ').append(body).toString();
    }

    private static String body(
            final Direction direction,
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes) {
        final Message message;
        try {
            message =
                    MessageDecoder.decode(
                            direction,
                            opcode,
                            buffer,
                            offset,
                            lengthBytes,
                            isAdvancedSpeed(opcode, buffer, offset, lengthBytes));
        } catch (final MalformedMessageException e) {
            return "malformed: " + e.getMessage();
        }
        if (message != null) {
            return MessageText.of(message, opcode);
        }
        final String wrong = complaint(direction, opcode, buffer, offset, lengthBytes);
        if (wrong != null) {
            return "malformed: " + wrong;
        }
        return lengthBytes == 0 ? "" : "(" + lengthBytes + " B)";
    }

    /** What is wrong with the length of a body without a type. */
    private static @Nullable String complaint(
            final Direction direction,
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes) {
        final Opcode known = Opcode.of(opcode);
        if (known == null || direction == Direction.PF_TO_VF) {
            return null;
        }
        if (MessageLength.isKnown(opcode)
                && !MessageLength.isValid(opcode, buffer, offset, lengthBytes, lengthBytes == 0)) {
            return MessageLength.explain(opcode, buffer, offset, lengthBytes, lengthBytes == 0);
        }
        return null;
    }

    /**
     * Which of the two forms of link speed an event has isn't in its bytes. The bits are 1..128,
     * and no link runs at so few Mb/s of a power of two.
     */
    private static boolean isAdvancedSpeed(
            final int opcode,
            final MemorySegment buffer,
            final long offset,
            final int lengthBytes) {
        if (opcode != Opcode.EVENT.code() || lengthBytes != Event.LENGTH_BYTES) {
            return false;
        }
        final int speed = Wire.i32(buffer, offset + 4);
        return Integer.bitCount(speed) != 1 || speed < 0 || speed > 128;
    }
}
