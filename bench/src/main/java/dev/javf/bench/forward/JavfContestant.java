package dev.javf.bench.forward;

import dev.javf.bench.DescriptorRig;
import dev.javf.bench.DeviceRings;
import dev.javf.packet.PacketVector;

import java.util.HashMap;
import java.util.Map;

/** This driver's queues, as a poller uses them. */
final class JavfContestant implements Contestant {
    private final DescriptorRig rig = new DescriptorRig();
    private final Map<Integer, PacketVector> vectors = new HashMap<>();
    private final long base = rig.pool().memory().address();
    private double burstFound;

    @Override
    public String name() {
        return "javf";
    }

    @Override
    public DeviceRings rings(final boolean touchesFrames) {
        return rig.rings(touchesFrames);
    }

    @Override
    public double run(final int burst, final int packets, final boolean isDeviceHere) {
        final PacketVector vector = vectors.computeIfAbsent(burst, size -> new PacketVector(size));
        final long startNs = System.nanoTime();
        final int done =
                isDeviceHere ? withDevice(vector, burst, packets) : forward(vector, packets);
        return (double) (System.nanoTime() - startNs) / done;
    }

    private int withDevice(final PacketVector vector, final int burst, final int packets) {
        int done = 0;
        while (done < packets) {
            rig.arrive(burst);
            done += turn(vector);
            rig.sent();
        }
        burstFound = burst;
        return done;
    }

    private int forward(final PacketVector vector, final int packets) {
        int done = 0;
        int hits = 0;
        long vain = 0;
        while (done < packets) {
            final int count = turn(vector);
            done += count;
            if (count > 0) {
                hits++;
            } else if (++vain > ForwardComparison.PATIENCE_POLLS) {
                throw new IllegalStateException("the device has stopped");
            }
        }
        while (vector.size() > 0) {
            rig.tx().transmit(vector);
        }
        burstFound = (double) done / hits;
        return done;
    }

    private int turn(final PacketVector vector) {
        final int before = vector.size();
        final int received = rig.rx().receive(vector);
        for (int i = before; i < before + received; i++) {
            Swap.addresses(
                    base + rig.pool().bufferOffset(vector.buffer(i)) + vector.offsetBytes(i));
        }
        rig.tx().transmit(vector);
        return received;
    }

    @Override
    public double burstFound() {
        return burstFound;
    }

    @Override
    public void close() {
        rig.close();
    }
}
