package dev.javf.sim;

/** Why a frame that was sent, or that was to be received, went nowhere. */
public enum DropCause {
    /** Sent while the port's link is down. */
    TX_LINK_DOWN(Counter.TX_DISCARDS),

    /** Anti-spoof: the source address is none of the port's. */
    TX_SOURCE_ADDRESS(Counter.TX_ERRORS),

    /** Anti-spoof: the frame's VLAN is none of the port's. */
    TX_VLAN(Counter.TX_ERRORS),

    /** A tagged frame from a port with a port VLAN, in single VLAN mode. */
    TX_TAG_ON_PORT_VLAN(Counter.TX_ERRORS),

    /** Malformed: the tail register lies outside the ring. Stops the queue. */
    TX_TAIL(Counter.TX_ERRORS),

    /** Malformed: a descriptor type that is neither data nor context. */
    TX_DESCRIPTOR_TYPE(Counter.TX_ERRORS),

    /** Malformed: a data descriptor with buffer length 0. */
    TX_BUFFER_LENGTH(Counter.TX_ERRORS),

    /** Malformed: more than 8 buffers, in a frame or in a segment. */
    TX_BUFFER_COUNT(Counter.TX_ERRORS),

    /** Malformed: the tail lies in the middle of a packet. */
    TX_NO_END_OF_PACKET(Counter.TX_ERRORS),

    /** Malformed: shorter than 17 bytes. */
    TX_TOO_SHORT(Counter.TX_ERRORS),

    /** Malformed: longer than the longest frame. */
    TX_TOO_LONG(Counter.TX_ERRORS),

    /** Malformed: a context descriptor that stands alone, or asks for what a VF has not. */
    TX_CONTEXT(Counter.TX_ERRORS),

    /** Malformed: insertion of a tag that the PF has not allowed. */
    TX_TAG_INSERTION(Counter.TX_ERRORS),

    /** Malformed: checksum offload with header lengths that don't fit the frame. */
    TX_CHECKSUM_OFFSET(Counter.TX_ERRORS),

    /** Malformed: segmentation with a wrong segment size, length or header. */
    TX_SEGMENTATION(Counter.TX_ERRORS),

    /** The device touched memory that is not mapped. Stops the queue. */
    TX_IOMMU_FAULT(Counter.TX_ERRORS),

    /** To be received while the port's link is down. */
    RX_LINK_DOWN(Counter.NONE),

    /** Pruned: the frame's VLAN is none of the port's. */
    RX_VLAN_PRUNED(Counter.NONE),

    /** The queue that the frame belongs in is not enabled. */
    RX_QUEUE_DISABLED(Counter.RX_DISCARDS),

    /** Not enough free descriptors. */
    RX_NO_DESCRIPTOR(Counter.RX_DISCARDS),

    /** Longer than the queue's longest packet, or than 5 buffers. */
    RX_TOO_LONG(Counter.RX_DISCARDS),

    /** The tail register lies outside the ring. Stops the queue. */
    RX_TAIL(Counter.RX_DISCARDS),

    /** The device touched memory that is not mapped. Stops the queue. */
    RX_IOMMU_FAULT(Counter.RX_DISCARDS);

    /** The counter of GET_STATS that shows a drop. */
    enum Counter {
        NONE,
        RX_DISCARDS,
        TX_DISCARDS,
        TX_ERRORS
    }

    private final Counter counter;

    DropCause(final Counter counter) {
        this.counter = counter;
    }

    Counter counter() {
        return counter;
    }

    /** Whether it is a malicious driver detection event: the descriptors themselves are wrong. */
    public boolean isMalformed() {
        return compareTo(TX_TAIL) >= 0 && compareTo(TX_SEGMENTATION) <= 0;
    }
}
