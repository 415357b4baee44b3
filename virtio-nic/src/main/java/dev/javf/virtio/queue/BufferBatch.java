package dev.javf.virtio.queue;

/**
 * Chains of one buffer each, which is what most packets are, copied out of a ring several at once:
 * so that one packet's cache misses don't wait for another's. See {@link Virtqueue#fetchSingles}.
 */
public final class BufferBatch {
    /** Buffers at most. */
    public static final int CAPACITY = 32;

    private final long[] addresses = new long[CAPACITY];
    private final int[] lengths = new int[CAPACITY];
    private final int[] ids = new int[CAPACITY];

    void set(final int i, final long address, final long rest, final int id) {
        addresses[i] = address;
        // More than 2 GiB are negative, which nobody takes for a packet's buffer.
        lengths[i] = (int) Descriptor.lengthBytes(rest);
        ids[i] = id;
    }

    int id(final int i) {
        return ids[i];
    }

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
     * @return bytes; negative if it is 2 GiB or more.
     */
    public int lengthBytes(final int i) {
        return lengths[i];
    }
}
