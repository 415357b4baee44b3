package dev.javf.bench.forward;

import dev.javf.linux.UncheckedMemory;

/** What a forwarder does to a frame. */
final class Swap {
    private Swap() {}

    /** Swaps destination and source address. */
    static void addresses(final long at) {
        final long first = UncheckedMemory.getLong(at);
        final int last = UncheckedMemory.getInt(at + 8);
        UncheckedMemory.putLong(at, first >>> 48 | (last & 0xFFFF_FFFFL) << 16 | first << 48);
        UncheckedMemory.putInt(at + 8, (int) (first >>> 16));
    }
}
