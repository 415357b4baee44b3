package dev.javf.client;

/** The way that a ring's packets go, and where in {@link RingLayout} that ring is. */
public enum RingDirection {
    /** From the daemon to the client. */
    RX,
    /** From the client to the daemon. */
    TX;

    /** Offset of the position of whoever writes. */
    int tailOffset() {
        return this == RX ? RingLayout.RX_TAIL_OFFSET : RingLayout.TX_TAIL_OFFSET;
    }

    /** Offset of the position of whoever reads. */
    int headOffset() {
        return this == RX ? RingLayout.RX_HEAD_OFFSET : RingLayout.TX_HEAD_OFFSET;
    }

    /**
     * Offset of the first slot.
     *
     * @param slots of each ring.
     */
    public long slotsOffset(final int slots) {
        return RingLayout.SLOTS_OFFSET + (this == RX ? 0 : (long) slots * RingLayout.SLOT_BYTES);
    }
}
