package dev.javf.bench;

import static dev.javf.bench.DescriptorRig.PACKETS;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.TearDown;

/** Receiving a packet: from the write-back in memory to a buffer that is free again. */
public class RxBenchmark extends PacketBenchmark {
    private final DescriptorRig rig = new DescriptorRig();
    private final Bound bound = new Bound();

    /** The shortest loops that do the same loads and stores. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void bound() {
        for (int done = 0; done < PACKETS; done += burst) {
            bound.arrive(burst);
            bound.free(bound.receive(burst));
        }
    }

    /** The driver. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void driver() {
        for (int done = 0; done < PACKETS; done += burst) {
            rig.arrive(burst);
            rig.rx.receive(rig.vector);
            rig.pool.free(rig.vector);
        }
    }

    /** The device's write-backs alone, which the other two contain. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void device() {
        for (int done = 0; done < PACKETS; done += burst) {
            rig.arrive(burst);
        }
    }

    /** Frees the memory. */
    @TearDown
    public void close() {
        rig.close();
        bound.close();
    }
}
