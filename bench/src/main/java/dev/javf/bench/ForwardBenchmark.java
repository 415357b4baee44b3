package dev.javf.bench;

import static dev.javf.bench.DescriptorRig.PACKETS;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.TearDown;

/** Forwarding a packet from the Rx queue to the Tx queue, without looking at it. */
public class ForwardBenchmark extends PacketBenchmark {
    private final DescriptorRig rig = new DescriptorRig();
    private final Bound bound = new Bound();

    /** The shortest loops that do the same loads and stores. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void bound() {
        for (int done = 0; done < PACKETS; done += burst) {
            bound.arrive(burst);
            bound.transmit(bound.receive(burst));
            bound.sent();
        }
    }

    /** The driver. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void driver() {
        for (int done = 0; done < PACKETS; done += burst) {
            rig.arrive(burst);
            rig.rx.receive(rig.vector);
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
