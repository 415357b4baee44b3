package dev.javf.bench.forward;

import dev.javf.bench.DescriptorRig;
import dev.javf.linux.UncheckedMemory;
import dev.javf.packet.PacketVector;

/** This driver's queues, as a poller uses them. */
final class JavfContestant implements Contestant {
    private final DescriptorRig rig = new DescriptorRig();
    private final PacketVector vector = new PacketVector(ForwardComparison.BURST_MAX);
    private final long base = rig.pool().memory().address();

    @Override
    public String name() {
        return "javf";
    }

    @Override
    public double run(final int burst, final int packets) {
        final long startNs = System.nanoTime();
        int done = 0;
        while (done < packets) {
            rig.arrive(burst);
            done += forward();
            rig.sent();
        }
        return (double) (System.nanoTime() - startNs) / done;
    }

    private int forward() {
        final int received = rig.rx().receive(vector);
        for (int i = 0; i < received; i++) {
            Swap.addresses(
                    UncheckedMemory.ALL,
                    base + rig.pool().bufferOffset(vector.buffer(i)) + vector.offsetBytes(i));
        }
        rig.tx().transmit(vector);
        return received;
    }

    @Override
    public void close() {
        rig.close();
    }
}
