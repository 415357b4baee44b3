package dev.javf.bench.vhost;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.packet.VirtioHeader;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.net.VirtioNet;
import dev.javf.virtio.queue.QueueFault;
import dev.javf.virtio.queue.QueueSettings;

/**
 * A device, and a guest that costs next to nothing: its rings are always full, so that making
 * buffers available is counting an index up, or turning flags over. All in one thread.
 */
final class GuestRig implements AutoCloseable {
    private static final long GUEST_IOVA = 0x1_0000_0000L;
    private static final int PACKETS = 8192;
    private static final int MTU = 1500;

    /** The device's buffers. */
    final PacketPool pool = new PacketPool("guest-bench", PACKETS);

    /** Room for a burst. */
    final PacketVector vector = new PacketVector();

    private final SharedMemory guest =
            SharedMemory.allocate("guest", 2 * GuestRing.AREA_BYTES, PageSize.HUGE_2M);
    private final VirtioNet device;
    private final GuestRing received;
    private final GuestRing transmitted;
    private final int frameBytes;

    /**
     * A device that works.
     *
     * @param isPacked which format of rings.
     * @param frameBytes of all packets.
     */
    GuestRig(final boolean isPacked, final int frameBytes) {
        this.frameBytes = frameBytes;
        final DmaSpace dma = new DmaSpace();
        dma.map(GUEST_IOVA, guest.segment());
        device =
                new VirtioNet(
                        new NetSettings(
                                "guest",
                                MacAddress.of("02:00:00:00:00:01"),
                                MTU,
                                1,
                                GuestRing.SIZE,
                                false,
                                -1,
                                1),
                        pool,
                        NetworkControl.NOBODY,
                        dma,
                        new Host());
        device.applyRingFeatures(
                Feature.maskOf(Feature.VERSION_1, Feature.MRG_RXBUF, Feature.IN_ORDER)
                        | (isPacked ? Feature.RING_PACKED.mask() : 0));
        received = new GuestRing(guest.segment().address(), GUEST_IOVA, isPacked);
        received.fill(true, VirtioHeader.LENGTH_BYTES + MTU + 14);
        transmitted =
                new GuestRing(
                        guest.segment().address() + GuestRing.AREA_BYTES,
                        GUEST_IOVA + GuestRing.AREA_BYTES,
                        isPacked);
        transmitted.fill(false, VirtioHeader.LENGTH_BYTES + frameBytes);
        open(0, received.settings());
        open(1, transmitted.settings());
        device.start();
    }

    private void open(final int queue, final QueueSettings settings) {
        final QueueFault fault = device.enableQueue(queue, settings);
        if (fault != QueueFault.NONE) {
            throw new IllegalStateException(fault.text());
        }
    }

    /** The guest sends packets, and the device takes them. */
    void fromGuest(final int packets) {
        transmitted.offer(packets);
        check(packets, device.receive(vector));
        pool.free(vector);
    }

    /** Packets are made, and the device gives them to the guest. */
    void toGuest(final int packets) {
        for (int i = 0; i < packets; i++) {
            vector.add(pool.allocate(), pool.headroomBytes(), frameBytes, 0, 0, 0);
        }
        received.offer(packets);
        check(packets, device.transmit(vector));
    }

    private static void check(final int wanted, final int moved) {
        if (moved != wanted) {
            throw new IllegalStateException(moved + " packets of " + wanted);
        }
    }

    /** Frees the memory. */
    @Override
    public void close() {
        device.close();
        guest.close();
        pool.close();
    }

    private static final class Host implements DeviceHost {
        @Override
        public void interrupt(final int queue) {
            // The guest polls.
        }

        @Override
        public boolean mayAccessMemory() {
            return true;
        }

        @Override
        public void configurationChanged() {
            // The guest doesn't care.
        }

        @Override
        public void needsReset(final String reason) {
            throw new IllegalStateException(reason);
        }
    }
}
