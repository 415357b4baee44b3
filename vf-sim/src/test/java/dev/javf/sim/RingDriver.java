package dev.javf.sim;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A VF with a driver that writes descriptors and registers bit by bit, after the data sheet's
 * layouts and without any class of the drivers or of the model's rings. Everything it has mapped
 * for DMA is one piece of memory: for each queue the Tx ring, the Rx ring, and a buffer for each
 * slot of both.
 */
final class RingDriver implements VfHost {
    static final long IOVA = 0x1_0000_0000L;
    static final int RX_GAP_BYTES = 128;
    static final int TX_STRIDE_BYTES = 10240 + 192;

    static final int DTYPE_CONTEXT = 1;
    static final int EOP = 1 << 4;
    static final int RS = 1 << 5;
    static final int ICRC = 1 << 6;
    static final int IL2TAG1 = 1 << 7;

    static final int DD = 1;
    static final int EOF = 1 << 1;

    private static final ValueLayout.OfLong QUADWORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle STATUS = QUADWORD.varHandle();
    private static final VarHandle REGISTER =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    final MacAddress mac;
    final SwitchPort port;
    final VfQueues queues;
    final DmaSpace dma = new DmaSpace();
    final MemorySegment memory;
    final MemorySegment registers = Arena.ofAuto().allocate(1 << 16, 4096);
    final List<Integer> interrupts = new ArrayList<>();
    final int ringLength;
    final int bufferBytes;
    boolean isBusMaster = true;

    private final int[] txNext;
    private final int[] txDone;
    private final int[] rxNext;
    private final int[] rxTail;

    /** Packets that {@link #receive()} has seen and nobody has taken. */
    final List<Received> received = new ArrayList<>();

    /** A packet and its last descriptor. */
    static final class Received {
        private final byte[] frame;
        private final long[] quadwords;
        private final int buffers;

        Received(final byte[] frame, final long[] quadwords, final int buffers) {
            this.frame = frame;
            this.quadwords = quadwords;
            this.buffers = buffers;
        }

        byte[] frame() {
            return frame;
        }

        /** The last descriptor. */
        long[] quadwords() {
            return quadwords;
        }

        /** How many buffers it filled. */
        int buffers() {
            return buffers;
        }

        boolean has(final int statusBit) {
            return (quadwords[1] >>> statusBit & 1) != 0;
        }

        int legacyPacketType() {
            return (int) (quadwords[1] >>> 30) & 0xFF;
        }

        int legacyTag1() {
            return (int) (quadwords[0] >>> 16) & 0xFFFF;
        }

        int legacyHash() {
            return (int) (quadwords[0] >>> 32);
        }
    }

    RingDriver(
            final EthernetSwitch bridge,
            final int number,
            final int queuePairs,
            final int ringLength,
            final int bufferBytes) {
        this.ringLength = ringLength;
        this.bufferBytes = bufferBytes;
        mac = new MacAddress(0x02_00_00_00_00_00L + number);
        memory = Arena.ofAuto().allocate(queuePairs * queueBytes(), 4096);
        dma.map(IOVA, memory);
        port = bridge.addPort("vf" + number);
        port.addMac(mac);
        port.addMac(MacAddress.BROADCAST);
        port.addVlan(0, 0);
        queues = new VfQueues("sim:0/" + number, bridge, port, dma, registers, this, queuePairs);
        txNext = new int[queuePairs];
        txDone = new int[queuePairs];
        rxNext = new int[queuePairs];
        rxTail = new int[queuePairs];
        for (int queue = 0; queue < queuePairs; queue++) {
            queues.mapRx(queue, 1, 0);
            queues.mapTx(queue, 1, 1);
        }
        queues.interrupts().writeControl(1, 0x4000_0018);
    }

    static RingDriver started(final EthernetSwitch bridge, final int number) {
        final RingDriver driver = new RingDriver(bridge, number, 1, 64, 2048);
        driver.start(0, RxQueueContext.LEGACY);
        return driver;
    }

    @Override
    public boolean isBusMaster() {
        return isBusMaster;
    }

    @Override
    public void interrupt(final int vector) {
        interrupts.add(vector);
    }

    void start(final int queue, final int descriptorId) {
        start(
                queue,
                new RxQueueContext(
                        IOVA + rxRing(queue), ringLength, bufferBytes, 9728, descriptorId, false));
    }

    void start(final int queue, final RxQueueContext context) {
        queues.configureTx(queue, new TxQueueContext(IOVA + txRing(queue), ringLength));
        queues.configureRx(queue, context);
        txNext[queue] = 0;
        txDone[queue] = 0;
        rxNext[queue] = 0;
        rxTail[queue] = 0;
        post(queue, ringLength - 1);
        queues.enableTx(queue);
        queues.enableRx(queue);
    }

    private long queueBytes() {
        final long bytes =
                (long) ringLength * (16 + 32 + TX_STRIDE_BYTES + bufferBytes + RX_GAP_BYTES);
        return bytes + 4095 & -4096L;
    }

    long txRing(final int queue) {
        return queue * queueBytes();
    }

    long rxRing(final int queue) {
        return txRing(queue) + 16L * ringLength;
    }

    long txBuffer(final int queue, final int slot) {
        return rxRing(queue) + 32L * ringLength + (long) slot * TX_STRIDE_BYTES;
    }

    long rxBuffer(final int queue, final int slot) {
        return txBuffer(queue, ringLength) + (long) slot * (bufferBytes + RX_GAP_BYTES);
    }

    /** Gives Rx descriptors to the device. */
    void post(final int queue, final int count) {
        for (int i = 0; i < count; i++) {
            final long at = rxRing(queue) + 32L * rxTail[queue];
            memory.set(QUADWORD, at, IOVA + rxBuffer(queue, rxTail[queue]));
            memory.set(QUADWORD, at + 8, 0);
            memory.set(QUADWORD, at + 16, 0);
            memory.set(QUADWORD, at + 24, 0);
            rxTail[queue] = (rxTail[queue] + 1) % ringLength;
        }
        rxTail(queue, rxTail[queue]);
    }

    void rxTail(final int queue, final int tail) {
        REGISTER.setRelease(registers, 0x2000 + 4L * queue, tail);
    }

    void txTail(final int queue, final int tail) {
        REGISTER.setRelease(registers, 4L * queue, tail);
    }

    int txNext(final int queue) {
        return txNext[queue];
    }

    int rxNext(final int queue) {
        return rxNext[queue];
    }

    /** Puts a Tx descriptor into the ring without telling the device. */
    void descriptor(final int queue, final long quadword0, final long quadword1) {
        final long at = txRing(queue) + 16L * txNext[queue];
        memory.set(QUADWORD, at, quadword0);
        memory.set(QUADWORD, at + 8, quadword1);
        txNext[queue] = (txNext[queue] + 1) % ringLength;
    }

    /** Quadword 1 of a data descriptor. */
    static long data(final int command, final int offset, final int bytes, final int tag1) {
        return command | (long) offset << 16 | (long) bytes << 34 | (long) tag1 << 48;
    }

    void doorbell(final int queue) {
        txTail(queue, txNext[queue]);
    }

    /** Queues a frame in one buffer, with further command bits, without telling the device. */
    void enqueue(final int queue, final byte[] frame, final int command, final int tag1) {
        enqueue(queue, frame, command, 0, tag1);
    }

    void enqueue(
            final int queue,
            final byte[] frame,
            final int command,
            final int offset,
            final int tag1) {
        final long at = txBuffer(queue, txNext[queue]);
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, at, frame.length);
        descriptor(queue, IOVA + at, data(EOP | RS | ICRC | command, offset, frame.length, tag1));
    }

    /** Queues a frame in pieces of the given lengths, which add up to it. */
    void enqueuePieces(final int queue, final byte[] frame, final int... lengths) {
        int from = 0;
        for (int i = 0; i < lengths.length; i++) {
            final long at = txBuffer(queue, txNext[queue]);
            MemorySegment.copy(frame, from, memory, ValueLayout.JAVA_BYTE, at, lengths[i]);
            from += lengths[i];
            final boolean last = i + 1 == lengths.length;
            descriptor(queue, IOVA + at, data(last ? EOP | RS : 0, 0, lengths[i], 0));
        }
    }

    void send(final byte[] frame) {
        enqueue(0, frame, 0, 0);
        doorbell(0);
        queues.doWork(0, 64);
    }

    /** Low four bits of a Tx descriptor's second quadword: 0xF when it is done. */
    int txType(final int queue, final int slot) {
        return (int) (long) STATUS.getAcquire(memory, txRing(queue) + 16L * slot + 8) & 0xF;
    }

    /** Quadword 1 of an Rx descriptor. */
    long rxStatus(final int queue, final int slot) {
        return (long) STATUS.getAcquire(memory, rxRing(queue) + 32L * slot + 8);
    }

    /** Takes what the device has written, and posts the buffers again. */
    List<Received> receive() {
        for (int queue = 0; queue < rxNext.length; queue++) {
            receive(queue);
        }
        return received;
    }

    List<Received> receive(final int queue) {
        queues.doWork(0, 0);
        byte[] frame = new byte[0];
        int buffers = 0;
        while ((rxStatus(queue, rxNext[queue]) & DD) != 0) {
            final int slot = rxNext[queue];
            final long at = rxRing(queue) + 32L * slot;
            final long status = rxStatus(queue, slot);
            final long quadword0 = memory.get(QUADWORD, at);
            final boolean legacy = (int) quadword0 == 0 || (quadword0 & 0xFF) != 2;
            final int length =
                    legacy ? (int) (status >>> 38) & 0x3FFF : (int) (quadword0 >>> 32) & 0x3FFF;
            final byte[] longer = new byte[frame.length + length];
            System.arraycopy(frame, 0, longer, 0, frame.length);
            MemorySegment.copy(
                    memory,
                    ValueLayout.JAVA_BYTE,
                    rxBuffer(queue, slot),
                    longer,
                    frame.length,
                    length);
            frame = longer;
            buffers++;
            if ((status & EOF) != 0) {
                final long[] quadwords = new long[4];
                for (int i = 0; i < 4; i++) {
                    quadwords[i] = memory.get(QUADWORD, at + 8L * i);
                }
                received.add(new Received(frame, quadwords, buffers));
                frame = new byte[0];
                buffers = 0;
            }
            rxNext[queue] = (rxNext[queue] + 1) % ringLength;
            post(queue, 1);
        }
        return received;
    }

    /** The one packet received since the last call. */
    Received one() {
        receive();
        if (received.size() != 1) {
            throw new AssertionError(received.size() + " packets instead of one");
        }
        return received.removeFirst();
    }

    /** Whether nothing has been received since the last call. */
    boolean none() {
        receive();
        final boolean none = received.isEmpty();
        received.clear();
        return none;
    }

    /** An untagged frame with a counting payload. */
    byte[] frameTo(final MacAddress destination, final int lengthBytes) {
        return Frames.ethernet(destination, mac, 0x88B5, lengthBytes);
    }

    /** A tagged frame with a counting payload. */
    byte[] taggedTo(final MacAddress destination, final int vlan, final int lengthBytes) {
        return Frames.tagged(
                frameTo(destination, lengthBytes - Ethernet.VLAN_TAG_BYTES),
                Ethernet.TPID_8021Q,
                vlan);
    }
}
