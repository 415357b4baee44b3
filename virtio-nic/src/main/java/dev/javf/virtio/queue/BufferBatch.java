package dev.javf.virtio.queue;

/**
 * Chains of one buffer each, which is what most packets are, copied out of a ring several at once:
 * so that one packet's cache misses don't wait for another's. See {@link Virtqueue#fetchSingles}.
 */
public final class BufferBatch {
    /** Buffers at most. */
    public static final int CAPACITY = 32;

    /** For the queue's loops, which take them out of their fields once. */
    final long[] addresses = new long[CAPACITY];

    final int[] lengths = new int[CAPACITY];
    final int[] ids = new int[CAPACITY];

    /**
     * A buffer's address.
     *
     * @param i place, 0 to one less than were fetched.
     */
    public long address(final int i) {
        return addresses[i];
    }

    /**
     * A buffer's length.
     *
     * @param i place, 0 to one less than were fetched.
     * @return bytes; negative if it is 2 GiB or more, which nobody takes for a packet's buffer.
     */
    public int lengthBytes(final int i) {
        return lengths[i];
    }

    /**
     * Says how much was written to a buffer, before it is {@link Virtqueue#use used}; its own
     * length is forgotten.
     *
     * @param i place, 0 to one less than were fetched.
     * @param bytes from the first one on.
     */
    public void written(final int i, final int bytes) {
        lengths[i] = bytes;
    }
}
