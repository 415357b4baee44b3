package dev.javf.virtchnl;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian fields, and the checks that messages share. */
final class Wire {
    private static final ValueLayout.OfShort U16 =
            JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Wire() {}

    static int u8(final MemorySegment buffer, final long offset) {
        return Byte.toUnsignedInt(buffer.get(ValueLayout.JAVA_BYTE, offset));
    }

    static int u16(final MemorySegment buffer, final long offset) {
        return Short.toUnsignedInt(buffer.get(U16, offset));
    }

    static int i32(final MemorySegment buffer, final long offset) {
        return buffer.get(U32, offset);
    }

    static long i64(final MemorySegment buffer, final long offset) {
        return buffer.get(U64, offset);
    }

    static void put8(final MemorySegment buffer, final long offset, final int value) {
        buffer.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    static void put16(final MemorySegment buffer, final long offset, final int value) {
        buffer.set(U16, offset, (short) value);
    }

    static void put32(final MemorySegment buffer, final long offset, final int value) {
        buffer.set(U32, offset, value);
    }

    static void put64(final MemorySegment buffer, final long offset, final long value) {
        buffer.set(U64, offset, value);
    }

    /** Zeroes the whole message first, so that padding and spare elements never carry old bytes. */
    static void clear(final MemorySegment buffer, final long offset, final int lengthBytes) {
        buffer.asSlice(offset, lengthBytes).fill((byte) 0);
    }

    static void requireLength(
            final String message, final int lengthBytes, final int expectedBytes) {
        if (lengthBytes != expectedBytes) {
            throw MalformedMessageException.length(
                    message, lengthBytes, Integer.toString(expectedBytes));
        }
    }

    /** For a message with a count inside: its fixed part, up to the count, must be there. */
    static void requireHeader(final String message, final int lengthBytes, final int headerBytes) {
        if (lengthBytes < headerBytes) {
            throw MalformedMessageException.length(message, lengthBytes, "at least " + headerBytes);
        }
    }

    /**
     * For a message with a count inside: the count must be in 1..{@code maxElements} and the length
     * must be the one that belongs to the count.
     */
    static void requireElements(
            final String message,
            final int elements,
            final int maxElements,
            final int lengthBytes,
            final int emptyBytes,
            final int elementBytes) {
        if (elements < 1 || elements > maxElements) {
            throw MalformedMessageException.field(
                    message,
                    "element count",
                    Integer.toUnsignedLong(elements),
                    "1.." + maxElements);
        }
        final int expectedBytes = emptyBytes + elements * elementBytes;
        if (lengthBytes != expectedBytes) {
            throw MalformedMessageException.length(
                    message, lengthBytes, expectedBytes + " for " + elements + " elements");
        }
    }

    static void checkU8(final String field, final int value) {
        check(field, value, 0xFF);
    }

    static void checkU16(final String field, final int value) {
        check(field, value, 0xFFFF);
    }

    static void checkCount(final String message, final int elements, final int maxElements) {
        if (elements < 1 || elements > maxElements) {
            throw new IllegalArgumentException(
                    message + ": " + elements + " elements, expected 1.." + maxElements);
        }
    }

    private static void check(final String field, final int value, final int limit) {
        if (value < 0 || value > limit) {
            throw new IllegalArgumentException(field + " " + value + ", expected 0.." + limit);
        }
    }
}
