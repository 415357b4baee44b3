package dev.javf.bench;

import static dev.javf.bench.DescriptorRig.LENGTH_BYTES;
import static dev.javf.bench.DescriptorRig.PACKETS;

import dev.javf.packet.PacketVector;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.TearDown;

/** Sending a packet: from a free buffer to one that is free again. */
public class TxBenchmark extends PacketBenchmark {
    private final DescriptorRig rig = new DescriptorRig();
    private final Bound bound = new Bound();

    /** The shortest loops that do the same loads and stores. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void bound() {
        for (int done = 0; done < PACKETS; done += burst) {
            bound.allocate(burst);
            bound.transmit(burst);
            bound.sent();
        }
    }

    /** The driver. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void driver() {
        for (int done = 0; done < PACKETS; done += burst) {
            for (int i = 0; i < burst; i++) {
                rig.vector.add(
                        rig.pool.allocate(), 128, LENGTH_BYTES, 100, PacketVector.FLAG_VLAN, 0);
            }
            rig.tx.transmit(rig.vector);
            rig.sent();
        }
    }

    /** Frees the memory. */
    @TearDown
    public void close() {
        rig.close();
        bound.close();
    }
}
