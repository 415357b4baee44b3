package dev.javf.bench;

import dev.javf.iavf.RingLayout;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.iavf.VlanTagLocation;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.DmaMapping;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A queue pair, and for a device the least that can stand in for one: memory in which the same
 * thread writes descriptors back. No frame is touched, so what is measured is the driver's work on
 * descriptors and what the write-backs cost, which a benchmark of their own shows.
 */
public final class DescriptorRig implements AutoCloseable {
    /** Descriptors in each ring, what javfd uses. */
    static final int RING_LENGTH = RingLayout.RING_LENGTH_DEFAULT;

    /** Packets that one invocation of a benchmark moves. */
    static final int PACKETS = 1024;

    /** Length of every packet, in bytes. */
    static final int LENGTH_BYTES = 60;

    /** Rx write-back: DD, EOF, L2TAG1P, RSS hash valid, the length. */
    private static final long RX_DONE = 0x3007L | (long) LENGTH_BYTES << 38;

    /** Rx write-back: tag 100, a hash. */
    private static final long RX_TAG_AND_HASH = 0x1234_5678_0064_0000L;

    private static final long RX_HASH = 0x1234_5678_0000_0000L;

    /** Tx write-back: descriptor done. */
    private static final long TX_DONE = 0xF;

    private static final long POOL_IOVA = 1L << 36;

    final PacketPool pool;
    final RxQueue rx;
    final TxQueue tx;
    final PacketVector vector = new PacketVector();

    private final Arena arena = Arena.ofShared();
    private final SharedMemory memory;
    private final long rxRing;
    private final long txRing;
    private final long rxTail;
    private final long txTail;
    private final int ringLength;
    private int rxHead;

    /** Rings whose Rx one is full of buffers, of a pool of their own. */
    public DescriptorRig() {
        this(new PacketPool("bench-pool", 4 * RING_LENGTH), RING_LENGTH);
    }

    /**
     * Rings whose Rx one is full of buffers.
     *
     * @param pool of all packets; closed with the rings. It must have a ring's length and more for
     *     each pair of rings.
     * @param ringLength descriptors of each, a power of two from 64 on.
     */
    public DescriptorRig(final PacketPool pool, final int ringLength) {
        this.pool = pool;
        this.ringLength = ringLength;
        final RingLayout layout = new RingLayout(1, ringLength, ringLength);
        memory = SharedMemory.allocate("bench-rings", layout.lengthBytes(), PageSize.HUGE_2M);
        final DmaMapping mapping = new DmaMapping(memory.segment(), 1L << 32);
        final MemorySegment tails = arena.allocate(128, 64);
        final DmaMapping rxMapping = layout.rx(mapping, 0);
        final DmaMapping txMapping = layout.tx(mapping, 0);
        rxRing = rxMapping.memory().address();
        txRing = txMapping.memory().address();
        rxTail = tails.address();
        txTail = tails.address() + 64;
        rx =
                new RxQueue(
                        0,
                        rxMapping,
                        ringLength,
                        pool,
                        POOL_IOVA,
                        tails.asSlice(0, 4),
                        VlanTagLocation.L2TAG1);
        tx =
                new TxQueue(
                        0,
                        txMapping,
                        ringLength,
                        pool,
                        POOL_IOVA,
                        tails.asSlice(64, 4),
                        VlanTagLocation.L2TAG1,
                        1518);
        rx.start();
        tx.start();
    }

    /** The pool of the packets. */
    public PacketPool pool() {
        return pool;
    }

    /** The Rx queue. */
    public RxQueue rx() {
        return rx;
    }

    /** The Tx queue. */
    public TxQueue tx() {
        return tx;
    }

    /**
     * The rings as a device in another thread sees them.
     *
     * @param touchesFrames whether it writes and reads frames too.
     */
    public DeviceRings rings(final boolean touchesFrames) {
        return new DeviceRings(
                rxRing,
                txRing,
                rxTail,
                txTail,
                ringLength,
                pool.memory().address() - POOL_IOVA,
                touchesFrames);
    }

    /**
     * The device: packets arrive.
     *
     * @param packets how many, no more than the ring has buffers for.
     */
    public void arrive(final int packets) {
        final int mask = ringLength - 1;
        int head = rxHead;
        for (int i = 0; i < packets; i++) {
            final long at = rxRing + head * 32L;
            UncheckedMemory.putLong(at, RX_TAG_AND_HASH);
            UncheckedMemory.putLongRelease(at + 8, RX_DONE);
            head = head + 1 & mask;
        }
        rxHead = head;
    }

    /**
     * The device: packets of several VLANs arrive.
     *
     * @param packets how many, no more than the ring has buffers for.
     * @param vlans what their tags are, in turn.
     * @param first place of the first one's tag there.
     */
    public void arrive(final int packets, final int[] vlans, final int first) {
        final int mask = ringLength - 1;
        int head = rxHead;
        for (int i = 0; i < packets; i++) {
            final long at = rxRing + head * 32L;
            UncheckedMemory.putLong(at, RX_HASH | (long) vlans[(first + i) % vlans.length] << 16);
            UncheckedMemory.putLongRelease(at + 8, RX_DONE);
            head = head + 1 & mask;
        }
        rxHead = head;
    }

    /** The device: everything up to the tail is sent. The last descriptor of a burst has RS. */
    public void sent() {
        final int tail = UncheckedMemory.getIntAcquire(txTail);
        final long at = txRing + (tail - 1 & ringLength - 1) * 16L + 8;
        UncheckedMemory.putLongRelease(at, UncheckedMemory.getLong(at) | TX_DONE);
    }

    @Override
    public void close() {
        memory.close();
        pool.close();
        arena.close();
    }
}
