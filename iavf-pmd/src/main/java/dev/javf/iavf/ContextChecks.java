package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;

import org.jspecify.annotations.Nullable;

/** What {@link VirtualFunctionContext#conclude} insists on. */
final class ContextChecks {
    private ContextChecks() {}

    static void check(
            final VirtualFunctionContext context,
            final @Nullable PciDevice device,
            final @Nullable QueueOwner queueOwner,
            final @Nullable PacketPool packetPool) {
        required(device, "device");
        required(queueOwner, "queueOwner");
        final PacketPool pool = required(packetPool, "packetPool");
        ringLength("rxRingLength", context.rxRingLength());
        ringLength("txRingLength", context.txRingLength());
        within("messagesInFlight", context.messagesInFlight(), 1, VirtchnlChannel.IN_FLIGHT_MAX);
        within(
                "resetsPerMinute",
                context.resetsPerMinute(),
                1,
                VirtualFunctionContext.RESETS_PER_MINUTE_MAX);
        frameBytes(context.maxFrameBytes(), pool);
        queuePairs(context.queuePairs(), context, pool);
        statisticsPeriod(context.statisticsPeriodNs());
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
        final int max = VirtualFunctionContext.RING_LENGTH_MAX;
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

    static void frameBytes(final int maxFrameBytes, final PacketPool pool) {
        within(
                "maxFrameBytes",
                maxFrameBytes,
                VirtualFunctionContext.FRAME_BYTES_MIN,
                VirtualFunctionContext.FRAME_BYTES_MAX);
        final long capacityBytes = (long) RxQueue.PIECES_MAX * pool.dataCapacityBytes();
        if (maxFrameBytes > capacityBytes) {
            throw new IllegalArgumentException(
                    "maxFrameBytes "
                            + maxFrameBytes
                            + ": a frame fills "
                            + RxQueue.PIECES_MAX
                            + " of the packet pool's buffers at most, which hold "
                            + capacityBytes
                            + " bytes; make the buffers larger or the frames shorter");
        }
    }

    static void queuePairs(
            final int queuePairs, final VirtualFunctionContext context, final PacketPool pool) {
        within("queuePairs", queuePairs, 1, VirtualFunctionContext.QUEUE_PAIRS_MAX);
        if (queuePairs > context.queuePairsRoom()) {
            throw new IllegalArgumentException(
                    "queuePairs "
                            + queuePairs
                            + ": the VF was opened with rings for "
                            + context.queuePairsRoom()
                            + "; open it with "
                            + queuePairs
                            + " queue pairs");
        }
        final int rxRingLength = context.rxRingLength();
        final long needed = (long) queuePairs * rxRingLength;
        if (pool.wholeCapacity() <= needed) {
            throw new IllegalArgumentException(
                    "the packet pool has "
                            + pool.wholeCapacity()
                            + " buffers, and "
                            + queuePairs
                            + " Rx rings of "
                            + rxRingLength
                            + " take "
                            + needed
                            + "; make the pool larger or the rings shorter");
        }
    }

    private static void statisticsPeriod(final long periodNs) {
        final long minNs = 10_000_000;
        if (periodNs != 0 && periodNs < minNs) {
            throw new IllegalArgumentException(
                    "statisticsPeriodNs " + periodNs + ": must be 0 or at least " + minNs);
        }
    }

    static void ownAddress(final @Nullable MacAddress address) {
        if (address != null && (address.isZero() || address.isMulticast())) {
            throw new IllegalArgumentException(
                    "macAddress " + address + ": a VF's own must be unicast and not zero");
        }
    }
}
