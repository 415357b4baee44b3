package dev.javf.vfio.user;

import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * VERSION and its answer: the first message, in which both ends say what they speak and take.
 *
 * @param major 0.
 * @param minor 0; an answer's is at most the question's.
 * @param json capabilities; empty for none.
 */
record VersionMessage(int major, int minor, String json) {
    /** Of the two numbers; a JSON text and a NUL may follow. */
    static final int NUMBERS_BYTES = 4;

    static final int MAJOR = 0;
    static final int MINOR = 0;

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException if it is too short, or the text doesn't end in its one NUL.
     */
    static VersionMessage decode(final MemorySegment payload) {
        final int lengthBytes = (int) payload.byteSize();
        if (lengthBytes < NUMBERS_BYTES) {
            throw new IllegalArgumentException("VERSION has only " + lengthBytes + " bytes");
        }
        return new VersionMessage(
                Short.toUnsignedInt(payload.get(Wire.U16, 0)),
                Short.toUnsignedInt(payload.get(Wire.U16, 2)),
                text(payload.asSlice(NUMBERS_BYTES).toArray(ValueLayout.JAVA_BYTE)));
    }

    private static String text(final byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if ((bytes[i] == 0) != (i == bytes.length - 1)) {
                throw new IllegalArgumentException("VERSION's text must end in its only NUL");
            }
        }
        return new String(bytes, 0, Math.max(0, bytes.length - 1), StandardCharsets.UTF_8);
    }

    int payloadBytes() {
        return json.isEmpty()
                ? NUMBERS_BYTES
                : NUMBERS_BYTES + json.getBytes(StandardCharsets.UTF_8).length + 1;
    }

    void encode(final MemorySegment payload) {
        payload.set(Wire.U16, 0, (short) major);
        payload.set(Wire.U16, 2, (short) minor);
        if (!json.isEmpty()) {
            payload.setString(NUMBERS_BYTES, json);
        }
    }
}
