package dev.javf.bench.forward;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a forwarder does to a frame. */
final class Swap {
    private Swap() {}

    /** Swaps destination and source address. */
    static void addresses(final MemorySegment memory, final long at) {
        final long first = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        final int last = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8);
        memory.set(
                ValueLayout.JAVA_LONG_UNALIGNED,
                at,
                first >>> 48 | (last & 0xFFFF_FFFFL) << 16 | first << 48);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + 8, (int) (first >>> 16));
    }
}
