package dev.javf.bench;

import static dev.javf.bench.DescriptorRig.LENGTH_BYTES;
import static dev.javf.bench.DescriptorRig.PACKETS;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.sim.EthernetSwitch;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.TearDown;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A packet's whole way from one VF to another through the simulator, all on one thread: Tx queue,
 * descriptor fetch, tag insertion, anti-spoof, switch, copy, tag stripping, write-back, Rx queue.
 */
public class SimulatorBenchmark extends PacketBenchmark {
    private static final long POLL_NS = 2_000;
    private static final ValueLayout.OfLong QWORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final MacAddress FIRST = MacAddress.of("02:00:00:00:00:01");
    private static final MacAddress SECOND = MacAddress.of("02:00:00:00:00:02");

    /**
     * The first 16 bytes of a frame: to the second VF, from the first, for experiments (0x88B5).
     */
    private static final long HEADER_0 = SECOND.value() << 16 | FIRST.value() >>> 32;

    private static final long HEADER_8 = FIRST.value() << 32 | 0x88B5_0000L;

    private final PacketPool pool = new PacketPool("bench-pool", 8 * DescriptorRig.RING_LENGTH);
    private final EthernetSwitch bridge = new EthernetSwitch("bench", false);
    private final SimulatedVf first;
    private final SimulatedVf second;
    private final PacketVector vector = new PacketVector();
    private final Bound bound = new Bound();
    private long nowNs;

    /** Two VFs at one switch. */
    public SimulatorBenchmark() {
        first = new SimulatedVf(bridge, FIRST, pool);
        second = new SimulatedVf(bridge, SECOND, pool);
    }

    /** The shortest loops for both queues, and the copy. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void bound() {
        final MemorySegment memory = pool.memory();
        for (int done = 0; done < PACKETS; done += burst) {
            bound.allocate(burst);
            bound.transmit(burst);
            bound.sent();
            for (int i = 0; i < burst; i++) {
                MemorySegment.copy(
                        memory,
                        pool.dataOffset(i),
                        memory,
                        pool.dataOffset(i + burst),
                        LENGTH_BYTES);
            }
            bound.arrive(burst);
            bound.free(bound.receive(burst));
        }
    }

    /**
     * The driver and the simulator.
     *
     * @return packets received, all of those sent.
     */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int driver() {
        final MemorySegment memory = pool.memory();
        int received = 0;
        for (int done = 0; done < PACKETS; done += burst) {
            for (int i = 0; i < burst; i++) {
                final int buffer = pool.allocate();
                memory.set(QWORD, pool.dataOffset(buffer), HEADER_0);
                memory.set(QWORD, pool.dataOffset(buffer) + Long.BYTES, HEADER_8);
                vector.add(
                        buffer, pool.headroomBytes(), LENGTH_BYTES, 100, PacketVector.FLAG_VLAN, 0);
            }
            first.tx.transmit(vector);
            nowNs += POLL_NS;
            first.hardware.doWork(nowNs, burst);
            second.hardware.doWork(nowNs, burst);
            received += second.rx.receive(vector);
            pool.free(vector);
        }
        if (received != PACKETS) {
            throw new IllegalStateException(received + " of " + PACKETS + " packets arrived");
        }
        return received;
    }

    /** Frees the memory. */
    @TearDown
    public void close() {
        first.close();
        second.close();
        pool.close();
        bound.close();
    }
}
