package dev.javf.bench;

import dev.javf.iavf.RingLayout;
import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.iavf.VlanTagLocation;
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

/** A VF of the simulator with one queue pair, set up as its PF would, and the driver's queues. */
final class SimulatedVf implements AutoCloseable {
    private static final long RING_IOVA = 1L << 32;
    private static final long POOL_IOVA = 1L << 36;
    private static final long REGISTERS_BYTES = 64 << 10;
    private static final long RX_TAIL_OFFSET = 0x2000;
    private static final int FRAME_BYTES_MAX = 1518;
    private static final int VECTOR = 1;

    /** VFINT_DYN_CTLN1: WB_ON_ITR, an interval of 2 us for ITR 0. */
    private static final int WRITE_BACK_ON_ITR = 0x4000_0020;

    final RxQueue rx;
    final TxQueue tx;
    final VfQueues hardware;

    private final Arena arena = Arena.ofShared();
    private final SharedMemory rings;

    SimulatedVf(final EthernetSwitch bridge, final MacAddress mac, final PacketPool pool) {
        final int ringLength = DescriptorRig.RING_LENGTH;
        final RingLayout layout = new RingLayout(1, ringLength, ringLength);
        rings = SharedMemory.allocate("bench-" + mac, layout.lengthBytes(), PageSize.HUGE_2M);
        final DmaMapping mapping = new DmaMapping(rings.segment(), RING_IOVA);
        final DmaSpace dma = new DmaSpace();
        dma.map(RING_IOVA, mapping.memory());
        dma.map(POOL_IOVA, pool.memory());
        final MemorySegment registers = arena.allocate(REGISTERS_BYTES, 4096);
        rx =
                new RxQueue(
                        0,
                        layout.rx(mapping, 0),
                        ringLength,
                        pool,
                        POOL_IOVA,
                        registers.asSlice(RX_TAIL_OFFSET, Integer.BYTES),
                        VlanTagLocation.L2TAG1);
        tx =
                new TxQueue(
                        0,
                        layout.tx(mapping, 0),
                        ringLength,
                        pool,
                        POOL_IOVA,
                        registers.asSlice(0, Integer.BYTES),
                        VlanTagLocation.L2TAG1,
                        FRAME_BYTES_MAX);
        final SwitchPort port = bridge.addPort(mac.toString());
        port.addMac(mac);
        port.macSpoofCheck(true);
        hardware = new VfQueues(mac.toString(), bridge, port, dma, registers, new Host(), 1);
        hardware.configureRx(
                0,
                new RxQueueContext(
                        rx.ringIova(),
                        ringLength,
                        rx.bufferBytes(),
                        FRAME_BYTES_MAX + Ethernet.VLAN_TAG_BYTES,
                        RxQueueContext.LEGACY,
                        false));
        hardware.configureTx(0, new TxQueueContext(tx.ringIova(), ringLength));
        hardware.mapRx(0, VECTOR, 0);
        hardware.mapTx(0, VECTOR, QueueInterrupts.NO_ITR);
        hardware.interrupts().writeControl(VECTOR, WRITE_BACK_ON_ITR);
        hardware.vlanOffloads().innerStripping(true);
        rx.start();
        tx.start();
        hardware.enableRx(0);
        hardware.enableTx(0);
        hardware.doWork(0, 0);
    }

    @Override
    public void close() {
        rings.close();
        arena.close();
    }

    private static final class Host implements VfHost {
        @Override
        public boolean isBusMaster() {
            return true;
        }

        @Override
        public void interrupt(final int vector) {
            throw new IllegalStateException("interrupt of vector " + vector + ", none is enabled");
        }
    }
}
