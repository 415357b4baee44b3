package dev.javf.iavf;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciDevice;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The queue pairs of a VF, with the memory of their rings and the packet pool mapped for the
 * device. There is one set per VF, from its first negotiation until it is closed: resets, stops and
 * another number of queues leave the queues and their counters in place. It has memory for {@link
 * VirtualFunctionContext#queuePairsRoom} pairs, of which those are in use that the PF has given;
 * what isn't in use costs 24 KiB per pair with rings of 512 descriptors.
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
    private final Registers registers;
    private final RingLayout layout;
    private final Counters counters;
    private VlanTagLocation rxLocation = VlanTagLocation.NONE;
    private VlanTagLocation txLocation = VlanTagLocation.NONE;
    private boolean innerTags;
    private @Nullable DeviceClock clock;
    private List<QueueVector> vectors = List.of();
    private int pairs;

    /** Queue pairs that have been in use at some time. */
    private volatile int made;

    private QueueSet(
            final String name,
            final PciDevice device,
            final Registers registers,
            final PacketPool pool,
            final RingLayout layout,
            final Counters counters,
            final SharedMemory ringMemory,
            final DmaMapping ringMapping,
            final DmaMapping poolMapping) {
        this.name = name;
        this.device = device;
        this.registers = registers;
        this.pool = pool;
        this.ringMemory = ringMemory;
        this.ringMapping = ringMapping;
        this.poolMapping = poolMapping;
        this.layout = layout;
        this.counters = counters;
        rx = new RxQueue[layout.queuePairs()];
        tx = new TxQueue[layout.queuePairs()];
    }

    /** Makes the queues that haven't been in use before. */
    private void makeQueues(final int count) {
        for (int i = made; i < count; i++) {
            rx[i] =
                    new RxQueue(
                            i,
                            layout.rx(ringMapping, i),
                            layout.rxRingLength(),
                            pool,
                            poolMapping.iova(),
                            registers.rxTail(i),
                            rxLocation,
                            counters);
            rx[i].innerTags(innerTags);
            tx[i] =
                    new TxQueue(
                            i,
                            layout.tx(ringMapping, i),
                            layout.txRingLength(),
                            pool,
                            poolMapping.iova(),
                            registers.txTail(i),
                            txLocation,
                            VirtualFunctionContext.FRAME_BYTES_MAX,
                            counters);
        }
        made = Math.max(made, count);
    }

    /**
     * Allocates the rings, and maps them and the pool for the device.
     *
     * @param device whose queues they are.
     * @param registers of the device.
     * @param pool of the packets.
     * @param layout of the rings.
     * @return the queues, all in use, which the device doesn't know yet.
     */
    public static QueueSet create(
            final PciDevice device,
            final Registers registers,
            final PacketPool pool,
            final RingLayout layout) {
        final QueueSet queues = create(device, registers, pool, layout, Counters.PRIVATE);
        queues.pairs = layout.queuePairs();
        queues.makeQueues(queues.pairs);
        return queues;
    }

    /** The same without any in use before the first {@link #shape}, and with counters elsewhere. */
    static QueueSet create(
            final PciDevice device,
            final Registers registers,
            final PacketPool pool,
            final RingLayout layout,
            final Counters counters) {
        final String name = device.name();
        final SharedMemory memory =
                SharedMemory.allocate("javf rings " + name, layout.lengthBytes(), PageSize.HUGE_2M);
        DmaMapping rings = null;
        DmaMapping packets = null;
        try {
            rings = device.mapDma(memory);
            packets = device.mapDma(pool.sharedMemory());
            return new QueueSet(
                    name, device, registers, pool, layout, counters, memory, rings, packets);
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

    /** Number of queue pairs that are in use. */
    public int pairs() {
        return pairs;
    }

    /** Number of queue pairs that are or have been in use. Any thread. */
    int made() {
        return made;
    }

    /** A queue pair's Rx queue, in use now or once. */
    RxQueue rxOf(final int index) {
        return rx[index];
    }

    /** A queue pair's Tx queue, in use now or once. */
    TxQueue txOf(final int index) {
        return tx[index];
    }

    /** Says what clock timestamps are of; before any {@link #shape} that has some. */
    void clock(final DeviceClock deviceClock) {
        clock = deviceClock;
    }

    /**
     * Says what the queues are to be configured for. Only while they are in the conductor's hands,
     * and those that will not be in use hold no buffers.
     *
     * @param shape what for; no more pairs than the layout has.
     */
    public void shape(final QueueShape shape) {
        pairs = shape.pairs();
        makeQueues(pairs);
        for (int i = 0; i < pairs; i++) {
            rx[i].flexible(shape.flexible());
            rx[i].timestamps(shape.timestamps() ? clock : null);
            tx[i].frameBytesMax(shape.frameBytes());
            tx[i].tunnels(shape.tunnels());
        }
    }

    /**
     * An Rx queue.
     *
     * @param index 0 to {@link #pairs} - 1.
     * @return the queue.
     */
    public RxQueue rx(final int index) {
        return rx[Objects.checkIndex(index, pairs)];
    }

    /**
     * A Tx queue.
     *
     * @param index 0 to {@link #pairs} - 1.
     * @return the queue.
     */
    public TxQueue tx(final int index) {
        return tx[Objects.checkIndex(index, pairs)];
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
     * @param innerTags whether a second tag is stripped, too.
     */
    public void vlanLocations(
            final VlanTagLocation rxLocation,
            final VlanTagLocation txLocation,
            final boolean innerTags) {
        this.rxLocation = rxLocation;
        this.txLocation = txLocation;
        this.innerTags = innerTags;
        for (int i = 0; i < made; i++) {
            rx[i].vlanLocation(rxLocation);
            rx[i].innerTags(innerTags);
            tx[i].vlanLocation(txLocation);
        }
    }

    /**
     * The interrupt vectors of the queues that are in use, for an owner that {@link
     * QueueOwner#wantsInterrupts}; empty for others, and before the VF has been {@link
     * LifecycleState#UP}.
     */
    public List<QueueVector> vectors() {
        return vectors;
    }

    /**
     * Connects vectors to eventfds; those that are already stay so, through every reset.
     *
     * @param count queue vectors that are in use.
     * @param control what they are armed with.
     */
    void connectVectors(final int count, final int control) {
        final int usable = Math.min(count, device.interruptVectors() - 1);
        final List<QueueVector> connected = new ArrayList<>(vectors);
        while (connected.size() < usable) {
            final int vector = connected.size();
            final EventFd eventFd = EventFd.create();
            device.interrupt(vector + 1, eventFd);
            connected.add(
                    new QueueVector(
                            registers, Registers.VFINT_DYN_CTLN1 + 4 * vector, control, eventFd));
        }
        vectors = List.copyOf(connected);
    }

    /** Unmaps and frees the rings. The device has stopped and the buffers are back in the pool. */
    public void close() {
        for (int i = 0; i < vectors.size(); i++) {
            device.interrupt(i + 1, null);
            vectors.get(i).close();
        }
        vectors = List.of();
        device.unmapDma(poolMapping);
        device.unmapDma(ringMapping);
        ringMemory.close();
    }
}
