package dev.javf.iavf;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciDevice;

/**
 * The queue pairs of a VF, with the memory of their rings and the packet pool mapped for the
 * device. There is one set per VF, from its first negotiation until it is closed: resets and stops
 * leave the queues, their buffers and their counters in place.
 *
 * <p>Who may touch the queues changes hands; see {@link QueueOwner}.
 */
public final class QueueSet {
    private final String name;
    private final PciDevice device;
    private final SharedMemory ringMemory;
    private final DmaMapping ringMapping;
    private final DmaMapping poolMapping;
    private final PacketPool pool;
    private final RxQueue[] rx;
    private final TxQueue[] tx;

    private QueueSet(
            final String name,
            final PciDevice device,
            final Registers registers,
            final PacketPool pool,
            final RingLayout layout,
            final int maxFrameBytes,
            final SharedMemory ringMemory,
            final DmaMapping ringMapping,
            final DmaMapping poolMapping) {
        this.name = name;
        this.device = device;
        this.pool = pool;
        this.ringMemory = ringMemory;
        this.ringMapping = ringMapping;
        this.poolMapping = poolMapping;
        rx = new RxQueue[layout.queuePairs()];
        tx = new TxQueue[layout.queuePairs()];
        for (int i = 0; i < rx.length; i++) {
            rx[i] =
                    new RxQueue(
                            i,
                            layout.rx(ringMapping, i),
                            layout.rxRingLength(),
                            pool,
                            poolMapping.iova(),
                            registers.rxTail(i),
                            VlanTagLocation.NONE);
            tx[i] =
                    new TxQueue(
                            i,
                            layout.tx(ringMapping, i),
                            layout.txRingLength(),
                            pool,
                            poolMapping.iova(),
                            registers.txTail(i),
                            VlanTagLocation.NONE,
                            maxFrameBytes);
        }
    }

    /**
     * Allocates the rings, and maps them and the pool for the device.
     *
     * @param device whose queues they are.
     * @param registers of the device.
     * @param pool of the packets.
     * @param layout of the rings.
     * @param maxFrameBytes longest frame to send, in bytes.
     * @return the queues, which the device doesn't know yet.
     */
    public static QueueSet create(
            final PciDevice device,
            final Registers registers,
            final PacketPool pool,
            final RingLayout layout,
            final int maxFrameBytes) {
        final String name = device.name();
        final SharedMemory memory =
                SharedMemory.allocate("javf rings " + name, layout.lengthBytes(), PageSize.HUGE_2M);
        DmaMapping rings = null;
        DmaMapping packets = null;
        try {
            rings = device.mapDma(memory);
            packets = device.mapDma(pool.sharedMemory());
            return new QueueSet(
                    name, device, registers, pool, layout, maxFrameBytes, memory, rings, packets);
        } catch (final RuntimeException e) {
            if (packets != null) {
                device.unmapDma(packets);
            }
            if (rings != null) {
                device.unmapDma(rings);
            }
            memory.close();
            throw e;
        }
    }

    /** The VF's name. */
    public String name() {
        return name;
    }

    /** Number of queue pairs. */
    public int pairs() {
        return rx.length;
    }

    /**
     * An Rx queue.
     *
     * @param index 0 to {@link #pairs} - 1.
     * @return the queue.
     */
    public RxQueue rx(final int index) {
        return rx[index];
    }

    /**
     * A Tx queue.
     *
     * @param index 0 to {@link #pairs} - 1.
     * @return the queue.
     */
    public TxQueue tx(final int index) {
        return tx[index];
    }

    /** The pool that all packets of these queues belong to. */
    public PacketPool pool() {
        return pool;
    }

    /**
     * Says where descriptors carry VLAN tags. Only while the queues are in the conductor's hands.
     *
     * @param rxLocation of a stripped tag.
     * @param txLocation of a tag to insert.
     */
    public void vlanLocations(final VlanTagLocation rxLocation, final VlanTagLocation txLocation) {
        for (int i = 0; i < rx.length; i++) {
            rx[i].vlanLocation(rxLocation);
            tx[i].vlanLocation(txLocation);
        }
    }

    /** Unmaps and frees the rings. The device has stopped and the buffers are back in the pool. */
    public void close() {
        device.unmapDma(poolMapping);
        device.unmapDma(ringMapping);
        ringMemory.close();
    }
}
