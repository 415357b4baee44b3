package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;

import org.jspecify.annotations.Nullable;

/** What {@link VirtualFunction.Context#conclude} insists on. */
final class ContextChecks {
    private ContextChecks() {}

    static void check(
            final VirtualFunction.Context context,
            final @Nullable PciDevice device,
            final @Nullable QueueOwner queueOwner,
            final @Nullable PacketPool packetPool) {
        required(device, "device");
        required(queueOwner, "queueOwner");
        final PacketPool pool = required(packetPool, "packetPool");
        within("queuePairs", context.queuePairs(), 1, VirtualFunction.Context.QUEUE_PAIRS_MAX);
        ringLength("rxRingLength", context.rxRingLength());
        ringLength("txRingLength", context.txRingLength());
        within(
                "maxFrameBytes",
                context.maxFrameBytes(),
                60,
                VirtualFunction.Context.FRAME_BYTES_MAX);
        within("messagesInFlight", context.messagesInFlight(), 1, VirtchnlChannel.IN_FLIGHT_MAX);
        within(
                "resetsPerMinute",
                context.resetsPerMinute(),
                1,
                VirtualFunction.Context.RESETS_PER_MINUTE_MAX);
        pool(pool, context.queuePairs(), context.rxRingLength(), context.maxFrameBytes());
        ownAddress(context.macAddress());
    }

    private static <T> T required(final @Nullable T value, final String name) {
        if (value == null) {
            throw new IllegalArgumentException("a VF needs a " + name);
        }
        return value;
    }

    private static void within(final String name, final int value, final int min, final int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    name + " " + value + ": must be " + min + " to " + max);
        }
    }

    private static void ringLength(final String name, final int value) {
        final int max = VirtualFunction.Context.RING_LENGTH_MAX;
        if (value < RingLayout.RING_LENGTH_MIN
                || value > max
                || value % RingLayout.RING_LENGTH_MULTIPLE != 0) {
            throw new IllegalArgumentException(
                    name
                            + " "
                            + value
                            + ": must be a multiple of "
                            + RingLayout.RING_LENGTH_MULTIPLE
                            + " from "
                            + RingLayout.RING_LENGTH_MIN
                            + " to "
                            + max);
        }
    }

    private static void pool(
            final PacketPool pool,
            final int queuePairs,
            final int rxRingLength,
            final int maxFrameBytes) {
        if (maxFrameBytes > pool.dataCapacityBytes()) {
            throw new IllegalArgumentException(
                    "maxFrameBytes "
                            + maxFrameBytes
                            + ": the packet pool's buffers hold "
                            + pool.dataCapacityBytes()
                            + " bytes; make the buffers larger or the frames shorter");
        }
        final long needed = (long) queuePairs * rxRingLength;
        if (pool.capacity() <= needed) {
            throw new IllegalArgumentException(
                    "the packet pool has "
                            + pool.capacity()
                            + " buffers, and "
                            + queuePairs
                            + " Rx rings of "
                            + rxRingLength
                            + " take "
                            + needed
                            + "; make the pool larger or the rings shorter");
        }
    }

    private static void ownAddress(final @Nullable MacAddress address) {
        if (address != null && (address.isZero() || address.isMulticast())) {
            throw new IllegalArgumentException(
                    "macAddress " + address + ": a VF's own must be unicast and not zero");
        }
    }
}
