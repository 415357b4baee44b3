package dev.javf.virtio.vhost;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A piece of the guest's memory, as the front-end describes it. Nothing in it is believed.
 *
 * @param guestAddress where the guest has it: descriptors' addresses.
 * @param lengthBytes of it.
 * @param userAddress where the front-end has it: rings' addresses.
 * @param fileOffset where it starts in its file.
 */
record MemoryRegion(long guestAddress, long lengthBytes, long userAddress, long fileOffset) {
    static final int LENGTH_BYTES = 32;

    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    static MemoryRegion decode(final MemorySegment bytes, final long offset) {
        return new MemoryRegion(
                bytes.get(WORD, offset),
                bytes.get(WORD, offset + 8),
                bytes.get(WORD, offset + 16),
                bytes.get(WORD, offset + 24));
    }

    /** Whether its numbers can be: not empty, and without wrapping. */
    boolean isPossible() {
        return lengthBytes > 0
                && fileOffset >= 0
                && fileOffset + lengthBytes > 0
                && Long.compareUnsigned(guestAddress + lengthBytes - 1, guestAddress) >= 0
                && Long.compareUnsigned(userAddress + lengthBytes - 1, userAddress) >= 0;
    }

    boolean hasUser(final long address) {
        return Long.compareUnsigned(address - userAddress, lengthBytes) < 0;
    }
}
