package dev.javf.virtio.net;

import dev.javf.linux.virtio.Virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What stands before each packet (VirtIO 1.2, 5.1.6, struct virtio_net_hdr). */
final class NetHeader {
    /** With VERSION_1 it always has num_buffers. */
    static final int LENGTH_BYTES = 12;

    static final int NUM_BUFFERS = 10;

    /** The checksum was checked and is good. */
    static final int DATA_VALID = Virtio.VIRTIO_NET_HDR_F_DATA_VALID();

    private static final ValueLayout.OfShort LE16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NetHeader() {}

    /**
     * Writes the header of a packet that the guest receives.
     *
     * @param memory where to.
     * @param offset in bytes.
     * @param flags 0 or {@link #DATA_VALID}.
     */
    static void write(final MemorySegment memory, final long offset, final int flags) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, flags);
        memory.set(LE16, offset + Long.BYTES, (short) 0);
        numBuffers(memory, offset, 1);
    }

    static void numBuffers(final MemorySegment memory, final long offset, final int count) {
        memory.set(LE16, offset + NUM_BUFFERS, (short) count);
    }
}
