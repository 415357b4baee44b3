package dev.javf.iavf;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaMapping;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One queue pair, its rings, its pool and its doorbells, with I/O virtual addresses that are
 * nobody's addresses, and the device's end of both rings.
 */
final class QueueRig implements AutoCloseable {
    static final long RING_IOVA = 0x1_0000_0000L;
    static final long POOL_IOVA = 0x7_4000_0000L;
    static final int FRAME_BYTES_MAX = 1522;

    /** Written into a doorbell to see whether the driver rings it; no tail has this value. */
    static final int NOT_RUNG = 0x5EED_5EED;

    final PacketPool pool;
    final RxQueue rx;
    final TxQueue tx;
    final RxHardware rxHardware;
    final TxHardware txHardware;

    private final Arena arena = Arena.ofShared();
    private final SharedMemory rings;
    private final MemorySegment rxTail = arena.allocate(4, 4);
    private final MemorySegment txTail = arena.allocate(4, 4);

    QueueRig(final int ringLength, final int poolCapacity, final VlanTagLocation location) {
        pool = new PacketPool("rig-pool", poolCapacity, 128, 2048, PageSize.PLAIN_4K);
        final RingLayout layout = new RingLayout(1, ringLength, ringLength);
        rings = SharedMemory.allocate("rig-rings", layout.lengthBytes(), PageSize.PLAIN_4K);
        final DmaMapping mapping = new DmaMapping(rings.segment(), RING_IOVA);
        final DmaMapping rxRing = layout.rx(mapping, 0);
        final DmaMapping txRing = layout.tx(mapping, 0);
        rx = new RxQueue(0, rxRing, ringLength, pool, POOL_IOVA, rxTail, location);
        tx = new TxQueue(0, txRing, ringLength, pool, POOL_IOVA, txTail, location, FRAME_BYTES_MAX);
        rxHardware = new RxHardware(rxRing.memory(), ringLength, rxTail, pool.memory(), POOL_IOVA);
        txHardware = new TxHardware(txRing.memory(), ringLength, txTail, pool.memory(), POOL_IOVA);
    }

    int rxTail() {
        return rxTail.get(ValueLayout.JAVA_INT, 0);
    }

    int txTail() {
        return txTail.get(ValueLayout.JAVA_INT, 0);
    }

    void watchDoorbells() {
        rxTail.set(ValueLayout.JAVA_INT, 0, NOT_RUNG);
        txTail.set(ValueLayout.JAVA_INT, 0, NOT_RUNG);
    }

    @Override
    public void close() {
        rings.close();
        pool.close();
        arena.close();
    }
}
