package dev.javf.bench.scaling;

import dev.javf.bench.DescriptorRig;
import dev.javf.daemon.Forwarder;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.packet.AddressFilter;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A VF's whole way through the daemon: Rx queue, forwarder, ports that give everything back,
 * forwarder, Tx queue. The device is the same thread.
 */
final class FunctionPath {
    /** Packets of a burst. */
    static final int BURST = 32;

    private static final int PLACES = 4096;

    /**
     * What the device writes is the same for all, or it would take the caches of what's measured.
     */
    private static final Map<Integer, int[]> SEQUENCES = new ConcurrentHashMap<>();

    private final DescriptorRig rig;
    private final Forwarder forwarder;
    private final PacketVector vector = new PacketVector();
    private final int[] vlans;
    private int place;

    /**
     * A path.
     *
     * @param pool of all packets.
     * @param ringLength descriptors of each ring, a power of two from 64 on.
     * @param vlanCount VLANs that packets come in, at random; 1 to 4094.
     * @param portCount one for a trunk that has them all; more for access ports that have one each,
     *     then as many as VLANs.
     */
    FunctionPath(
            final PacketPool pool, final int ringLength, final int vlanCount, final int portCount) {
        rig = new DescriptorRig(pool, ringLength);
        final List<PortBinding> bindings = new ArrayList<>();
        final MacAddress mac = MacAddress.of("02:00:00:00:00:01");
        if (portCount == 1) {
            bindings.add(
                    new PortBinding(
                            new EchoPort(),
                            0,
                            VlanSet.range(1, vlanCount),
                            mac,
                            AddressFilter.of(mac),
                            true,
                            new PortCounters()));
        } else {
            for (int port = 0; port < portCount; port++) {
                bindings.add(new PortBinding(new EchoPort(), 1 + port, mac, new PortCounters()));
            }
        }
        forwarder = new Forwarder(pool, bindings);
        vlans = SEQUENCES.computeIfAbsent(vlanCount, FunctionPath::newSequence);
    }

    private static int[] newSequence(final int vlanCount) {
        final SplittableRandom random = new SplittableRandom(1);
        final int[] sequence = new int[PLACES];
        for (int i = 0; i < PLACES; i++) {
            sequence[i] = 1 + random.nextInt(vlanCount);
        }
        return sequence;
    }

    /** One burst, all the way. */
    void turn() {
        rig.arrive(BURST, vlans, place);
        place = place + BURST & PLACES - 1;
        rig.rx().receive(vector);
        forwarder.toPorts(vector);
        for (int port = 0; port < forwarder.portCount(); port++) {
            forwarder.fromPort(port, vector);
        }
        rig.tx().transmit(vector);
        rig.sent();
    }

    /** Packets that went all the way. */
    long packets() {
        return rig.tx().counters().packetCount();
    }

    /** Frees its rings and the pool. */
    void close() {
        rig.close();
    }
}
