package dev.javf.iavf;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.sim.EthernetSwitch;
import dev.javf.sim.QueueInterrupts;
import dev.javf.sim.RxQueueContext;
import dev.javf.sim.SwitchPort;
import dev.javf.sim.TxQueueContext;
import dev.javf.sim.VfHost;
import dev.javf.sim.VfQueues;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.DmaSpace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A queue pair of the driver on a simulated VF, set up as a PF would for a VF with VLAN offloads.
 */
final class SimulatedFunction implements AutoCloseable {
    private static final long REGISTERS_BYTES = 64 << 10;
    private static final long RX_TAIL_OFFSET = 0x2000;
    private static final int VECTOR = 1;

    /** WB_ON_ITR with ITR 0 and an interval of 2 us. */
    private static final int WRITE_BACK_ON_ITR = 0x4000_0000 | 1 << 5;

    private final int rxFrameBytes;
    final RxQueue rx;
    final TxQueue tx;
    final DmaSpace dma = new DmaSpace();
    final SwitchPort port;

    private final Arena arena = Arena.ofShared();
    private final SharedMemory rings;
    private final VfQueues hardware;

    SimulatedFunction(
            final EthernetSwitch bridge,
            final MacAddress mac,
            final PacketPool pool,
            final int ringLength,
            final int frameBytesMax) {
        final boolean outer = bridge.doubleVlanMode();
        final VlanTagLocation location = outer ? VlanTagLocation.L2TAG2 : VlanTagLocation.L2TAG1;
        final RingLayout layout = new RingLayout(1, ringLength, ringLength);
        rings = SharedMemory.allocate("rings-" + mac, layout.lengthBytes(), PageSize.PLAIN_4K);
        final DmaMapping mapping = new DmaMapping(rings.segment(), QueueRig.RING_IOVA);
        dma.map(mapping.iova(), mapping.memory());
        // Another address for every function: nothing may depend on its being the same.
        final long poolIova = QueueRig.POOL_IOVA + ((mac.value() & 0xFF) << 36);
        dma.map(poolIova, pool.memory());

        final MemorySegment registers = arena.allocate(REGISTERS_BYTES, 4096);
        rx =
                new RxQueue(
                        0,
                        layout.rx(mapping, 0),
                        ringLength,
                        pool,
                        poolIova,
                        registers.asSlice(RX_TAIL_OFFSET, 4),
                        location);
        tx =
                new TxQueue(
                        0,
                        layout.tx(mapping, 0),
                        ringLength,
                        pool,
                        poolIova,
                        registers.asSlice(0, 4),
                        location,
                        frameBytesMax);

        port = bridge.addPort("vf-" + mac);
        port.addMac(mac);
        port.macSpoofCheck(true);
        hardware = new VfQueues("vf-" + mac, bridge, port, dma, registers, new AlwaysMaster(), 1);
        rxFrameBytes = frameBytesMax + Ethernet.VLAN_TAG_BYTES;
        configureRx(RxQueueContext.LEGACY);
        hardware.configureTx(0, new TxQueueContext(tx.ringIova(), ringLength));
        hardware.mapRx(0, VECTOR, 0);
        hardware.mapTx(0, VECTOR, QueueInterrupts.NO_ITR);
        hardware.interrupts().writeControl(VECTOR, WRITE_BACK_ON_ITR);
        if (outer) {
            hardware.vlanOffloads().outerStripping(0x8100);
        } else {
            hardware.vlanOffloads().innerStripping(true);
        }
    }

    private void configureRx(final int descriptorId) {
        hardware.configureRx(
                0,
                new RxQueueContext(
                        rx.ringIova(),
                        rx.ringLength(),
                        rx.bufferBytes(),
                        rxFrameBytes,
                        descriptorId,
                        false));
    }

    /** Has the device write flexible descriptors; before {@link #start}. */
    void flexible() {
        rx.flexible(true);
        configureRx(RxQueueContext.FLEX);
    }

    /** Has the device put both tags of a frame into its descriptor; before {@link #start}. */
    void stripInnerTags() {
        rx.innerTags(true);
        hardware.vlanOffloads().innerStripping(true);
    }

    /** Starts the queues, then lets the device at them. */
    void start() {
        rx.start();
        tx.start();
        hardware.enableRx(0);
        hardware.enableTx(0);
        // The model asks in its duty cycle whether it is bus master.
        hardware.doWork(0, 0);
    }

    /** Takes the queues from the device, then from the driver. */
    void stop() {
        hardware.disableTx(0);
        hardware.disableRx(0);
        rx.reclaim();
        tx.reclaim();
    }

    int doWork(final long nowNs, final int frameLimit) {
        return hardware.doWork(nowNs, frameLimit);
    }

    @Override
    public void close() {
        rings.close();
        arena.close();
    }

    private static final class AlwaysMaster implements VfHost {
        @Override
        public boolean isBusMaster() {
            return true;
        }

        @Override
        public void interrupt(final int vector) {
            throw new AssertionError("no interrupt was enabled, got " + vector);
        }
    }
}
