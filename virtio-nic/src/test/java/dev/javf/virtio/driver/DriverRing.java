package dev.javf.virtio.driver;

import dev.javf.virtio.Feature;
import dev.javf.virtio.queue.QueueSettings;

import java.util.List;

/**
 * A virtqueue from the driver's side, for tests: laid out in a guest's memory, one area after the
 * other. Written from the specification, it shares no code with the device's side.
 */
public interface DriverRing {
    /**
     * A buffer of a chain.
     *
     * @param offset in the guest's memory.
     * @param lengthBytes how long.
     * @param isWritable whether the device writes it.
     */
    record Buffer(long offset, int lengthBytes, boolean isWritable) {}

    /** How a ring is used. */
    record Format(boolean isPacked, boolean isEventIndex, boolean isInOrder) {
        /** As a driver and a device have agreed. */
        public static Format of(final long features) {
            return new Format(
                    Feature.RING_PACKED.isIn(features),
                    Feature.EVENT_IDX.isIn(features),
                    Feature.IN_ORDER.isIn(features));
        }
    }

    /** A ring of either format. */
    static DriverRing of(final GuestMemory memory, final int size, final Format format) {
        return format.isPacked()
                ? new PackedDriverRing(memory, size, format)
                : new SplitDriverRing(memory, size, format);
    }

    /** What to tell the device. */
    QueueSettings settings();

    /**
     * Makes a chain available.
     *
     * @param buffers those to be read first.
     * @param isIndirect whether to put them in a table of their own.
     * @return what names the chain when it comes back; negative if there is no room.
     */
    int add(List<Buffer> buffers, boolean isIndirect);

    /** A chain that has come back, or negative if none has. */
    int poll();

    /** Bytes that the device wrote to the chain that {@link #poll} returned last. */
    int usedLength();

    /** Whether interrupts are wanted; with EVENT_IDX, at the next chain that comes back. */
    void wantInterrupt(boolean isWanted);

    /** Whether the device has said that it need not be told of new chains. */
    boolean isQuiet();
}
