package dev.javf.virtio.queue;

import dev.javf.linux.virtio.Virtio;

/**
 * The second half of a descriptor as a number, so that it is read at once: le32 length, then on a
 * split ring le16 flags and le16 next (VirtIO 1.2, 2.7.5), on a packed ring le16 id and le16 flags
 * (2.8.13).
 */
final class Descriptor {
    static final int BYTES = 16;

    /** The chain goes on. */
    static final int NEXT = Virtio.VRING_DESC_F_NEXT();

    /** The device writes the buffer. */
    static final int WRITE = Virtio.VRING_DESC_F_WRITE();

    /** The buffer is a table of descriptors. */
    static final int INDIRECT = Virtio.VRING_DESC_F_INDIRECT();

    /** Packed: compared with the driver's wrap counter. */
    static final int AVAIL = 1 << Virtio.VRING_PACKED_DESC_F_AVAIL();

    /** Packed: compared with the device's wrap counter. */
    static final int USED = 1 << Virtio.VRING_PACKED_DESC_F_USED();

    private Descriptor() {}

    static long lengthBytes(final long rest) {
        return rest & 0xFFFF_FFFFL;
    }

    /** Split: flags. Packed: buffer id. */
    static int third(final long rest) {
        return (int) (rest >>> 32) & 0xFFFF;
    }

    /** Split: next. Packed: flags. */
    static int fourth(final long rest) {
        return (int) (rest >>> 48);
    }
}
