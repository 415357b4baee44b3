package dev.javf.virtio.pci;

import dev.javf.virtio.queue.QueueSettings;

/** One queue's part of the common configuration (VirtIO 1.2, 4.1.4.3). */
final class QueueRegisters {
    private int size;
    private int vector;
    private boolean isEnabled;
    private long descriptorArea;
    private long driverArea;
    private long deviceArea;

    QueueRegisters() {
        reset(0);
        vector = CommonRegisters.NO_VECTOR;
    }

    /** As after a reset of the queue. The vector is no part of that: it stays. */
    void reset(final int maxSize) {
        size = maxSize;
        isEnabled = false;
        descriptorArea = 0;
        driverArea = 0;
        deviceArea = 0;
    }

    int size() {
        return size;
    }

    void size(final int descriptors) {
        size = descriptors;
    }

    int vector() {
        return vector;
    }

    void vector(final int number) {
        vector = number;
    }

    boolean isEnabled() {
        return isEnabled;
    }

    void enable() {
        isEnabled = true;
    }

    QueueSettings settings() {
        return new QueueSettings(size, descriptorArea, driverArea, deviceArea);
    }

    /** One half of an address, the offset counted from queue_desc. */
    int address(final int offset) {
        final long address = offset < 8 ? descriptorArea : offset < 16 ? driverArea : deviceArea;
        return (int) ((offset & 4) == 0 ? address : address >>> 32);
    }

    void address(final int offset, final int half) {
        switch (offset >>> 3) {
            case 0 -> descriptorArea = withHalf(descriptorArea, offset, half);
            case 1 -> driverArea = withHalf(driverArea, offset, half);
            default -> deviceArea = withHalf(deviceArea, offset, half);
        }
    }

    private static long withHalf(final long address, final int offset, final int half) {
        final long low = 0xFFFF_FFFFL;
        return (offset & 4) == 0
                ? (address & ~low) | Integer.toUnsignedLong(half)
                : (address & low) | ((long) half << 32);
    }
}
