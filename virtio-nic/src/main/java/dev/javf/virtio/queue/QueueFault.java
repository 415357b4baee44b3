package dev.javf.virtio.queue;

/** What a driver did to a virtqueue that it must not do. The queue stops at the first. */
public enum QueueFault {
    /** Nothing so far. */
    NONE("nothing is wrong"),
    /** The number of descriptors can't be. */
    SIZE("the queue's size isn't 1 to its maximum, or no power of two on a split ring"),
    /** A ring starts at an address of the wrong alignment. */
    ALIGNMENT("a ring isn't aligned (16, 2 and 4 bytes; packed 16, 4 and 4)"),
    /** A ring isn't wholly in memory that the device may reach. */
    RING_ADDRESS("a ring isn't in memory that the device may read and write"),
    /** More descriptors were made available than there are. */
    AVAILABLE_INDEX("the available index is more than the queue's size ahead"),
    /** A descriptor's number is too large. */
    DESCRIPTOR_INDEX("a descriptor's index isn't below the queue's size"),
    /** A chain that doesn't end, or is longer than the queue. */
    CHAIN_LENGTH("a chain has more descriptors than the queue"),
    /** A chain with more bytes than the specification allows. */
    CHAIN_BYTES("a chain has 2^32 bytes or more"),
    /** A buffer to be read after one to be written. */
    CHAIN_ORDER("a buffer for the device to read comes after one to write"),
    /** An indirect descriptor that may not be there. */
    INDIRECT("an indirect descriptor wasn't agreed on, is nested, or has NEXT"),
    /** A table of descriptors that isn't one. */
    INDIRECT_LENGTH("a descriptor table's length isn't a multiple of 16, or 0, or too large"),
    /** A buffer or table isn't in memory that the device may reach. */
    BUFFER_ADDRESS("a buffer or a descriptor table isn't in memory that the device may reach"),
    /** A packet's buffer too small even for its header, or a control request's for its answer. */
    HEADER("a chain is too short for what must be in it");

    private final String text;

    QueueFault(final String text) {
        this.text = text;
    }

    /** What was done, for messages. */
    public String text() {
        return text;
    }
}
