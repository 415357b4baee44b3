package dev.javf.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Ethernet addresses as 48-bit numbers, the first octet in the most significant bits. */
final class MacBytes {
    private static final long MULTICAST = 1L << 40;

    private MacBytes() {}

    static long get(final MemorySegment memory, final long offset) {
        long address = 0;
        for (int i = 0; i < 6; i++) {
            address = (address << 8) | (memory.get(ValueLayout.JAVA_BYTE, offset + i) & 0xff);
        }
        return address;
    }

    static void put(final MemorySegment memory, final long offset, final long address) {
        for (int i = 0; i < 6; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (address >>> (40 - 8 * i)));
        }
    }

    /** Refuses what no device can be called by. */
    static void requireUnicast(final long address) {
        if (address == 0 || address >>> 48 != 0 || (address & MULTICAST) != 0) {
            throw new IllegalArgumentException(
                    "0x%012x is no unicast Ethernet address of 48 bits".formatted(address));
        }
    }
}
