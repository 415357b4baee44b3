package dev.javf.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address.
 *
 * @param value the six octets in the low 48 bits, the first one sent in bits 47..40.
 */
public record MacAddress(long value) {
    /** Length of an address in a frame, in bytes. */
    public static final int LENGTH_BYTES = 6;

    /** 00:00:00:00:00:00: no address. */
    public static final MacAddress ZERO = new MacAddress(0);

    /** ff:ff:ff:ff:ff:ff. */
    public static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);

    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

    public MacAddress {
        if (value >>> 48 != 0) {
            throw new IllegalArgumentException(
                    "MAC address 0x" + Long.toHexString(value) + " has more than 48 bits");
        }
    }

    /**
     * Parses an address.
     *
     * @param text six octets in hexadecimal, separated by colons.
     * @return the address.
     * @throws IllegalArgumentException when the text is anything else.
     */
    public static MacAddress of(final String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no MAC address; write it as 02:00:00:00:00:01");
        }
        return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
    }

    /**
     * Reads an address from memory, first octet first.
     *
     * @param memory where it is.
     * @param offset of the first octet, in bytes.
     * @return the address.
     */
    public static MacAddress read(final MemorySegment memory, final long offset) {
        return new MacAddress(readValue(memory, offset));
    }

    /**
     * As {@link #read}, without an object: for the packet path.
     *
     * @param memory where it is.
     * @param offset of the first octet, in bytes.
     * @return the octets as in {@link #value}.
     */
    public static long readValue(final MemorySegment memory, final long offset) {
        final long high =
                Integer.reverseBytes(memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset))
                        & 0xFFFF_FFFFL;
        final int low =
                Short.reverseBytes(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + 4))
                        & 0xFFFF;
        return high << 16 | low;
    }

    /**
     * Writes the address to memory, first octet first.
     *
     * @param memory where to.
     * @param offset of the first octet, in bytes.
     */
    public void write(final MemorySegment memory, final long offset) {
        memory.set(
                ValueLayout.JAVA_INT_UNALIGNED, offset, Integer.reverseBytes((int) (value >>> 16)));
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset + 4, Short.reverseBytes((short) value));
    }

    /** Whether the group bit is set: multicast, or broadcast. */
    public boolean isMulticast() {
        return isMulticast(value);
    }

    /**
     * Whether the group bit of an address is set.
     *
     * @param value an address as in {@link #value}.
     * @return true for multicast and broadcast.
     */
    public static boolean isMulticast(final long value) {
        return (value >>> 40 & 1) != 0;
    }

    /** Whether all octets are zero. */
    public boolean isZero() {
        return value == 0;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%02x:%02x:%02x:%02x:%02x:%02x",
                value >>> 40 & 0xFF,
                value >>> 32 & 0xFF,
                value >>> 24 & 0xFF,
                value >>> 16 & 0xFF,
                value >>> 8 & 0xFF,
                value & 0xFF);
    }
}
