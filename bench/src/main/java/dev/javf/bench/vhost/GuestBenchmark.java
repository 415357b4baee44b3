package dev.javf.bench.vhost;

import dev.javf.bench.PacketBenchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a packet costs between a virtual machine's rings and buffers of ours, its copy included,
 * with all memory in one processor's cache. {@code tools/lab/bench-vhost} has what it costs between
 * two processors.
 */
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, then calls open.
public class GuestBenchmark extends PacketBenchmark {
    /** Packets of an operation. */
    static final int PACKETS = 1024;

    /** The rings' format. */
    @Param({"split", "packed"})
    public String rings;

    /** Length of the frames. */
    @Param("64")
    public int bytes;

    private GuestRig rig;

    /** A device with a guest. */
    @Setup
    public void open() {
        rig = new GuestRig(rings.equals("packed"), bytes);
    }

    /** The guest sends. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void fromGuest() {
        for (int done = 0; done < PACKETS; done += burst) {
            rig.fromGuest(burst);
        }
    }

    /** The guest receives. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void toGuest() {
        for (int done = 0; done < PACKETS; done += burst) {
            rig.toGuest(burst);
        }
    }

    /** Frees the memory. */
    @TearDown
    public void close() {
        rig.close();
    }
}
