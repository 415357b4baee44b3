package dev.javf.daemon;

import dev.javf.packet.AddressFilter;
import dev.javf.packet.Counter;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;
import dev.javf.packet.SegmentCutter;
import dev.javf.packet.SoftwareOffload;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Decides for the packets of one virtual function which port gets them: by VLAN, and where several
 * ports share a VLAN, by destination address. Ports of one VLAN also reach each other, because a
 * NIC's switch never sends a frame back to the function it came from. A packet of a VLAN without
 * port is dropped and counted; nothing leaks into another VLAN.
 *
 * <p>For one poller's thread. Nothing is allocated after construction.
 */
public final class Forwarder {
    private static final short NO_PORT = -1;
    private static final short SEVERAL_PORTS = -2;
    private static final int NO_VLAN = -1;

    private final PacketPool pool;
    private final MemorySegment memory;
    private final PortBinding[] ports;
    private final PortTable table;
    private final boolean[] isTrunk;
    private final PacketVector[] toPort;

    /** Ports whose vector has packets: a burst costs what it carries, not what there is. */
    private final int[] filled;

    private int filledCount;
    private final boolean[] isFilled;
    private final short[] portOfVlan = new short[Ethernet.VLAN_COUNT];
    private final PacketVector fromPort = new PacketVector();
    private final SegmentCutter cutter;
    private final PacketVector toCut = new PacketVector(1);
    private final Counter noPort;

    /**
     * A forwarder between a virtual function and its ports.
     *
     * @param pool that all packets' buffers are from.
     * @param bindings the ports.
     * @throws IllegalArgumentException when two ports share a VLAN and an address.
     */
    public Forwarder(final PacketPool pool, final List<PortBinding> bindings) {
        this(pool, bindings, new Counter());
    }

    Forwarder(final PacketPool pool, final List<PortBinding> bindings, final Counter noPort) {
        this.pool = pool;
        this.noPort = noPort;
        memory = pool.memory();
        cutter = new SegmentCutter(pool);
        ports = bindings.toArray(PortBinding[]::new);
        table = new PortTable(bindings);
        toPort = new PacketVector[ports.length];
        filled = new int[ports.length];
        isFilled = new boolean[ports.length];
        isTrunk = new boolean[ports.length];
        for (int i = 0; i < ports.length; i++) {
            toPort[i] = new PacketVector();
            isTrunk[i] = ports[i].isTrunk();
        }
        for (int vlan = 0; vlan < portOfVlan.length; vlan++) {
            final int[] having = table.of(vlan);
            portOfVlan[vlan] =
                    switch (having.length) {
                        case 0 -> NO_PORT;
                        case 1 -> (short) having[0];
                        default -> SEVERAL_PORTS;
                    };
        }
    }

    /** Lets every port do what it has to do besides packets. */
    int serve() {
        int work = 0;
        for (final PortBinding binding : ports) {
            work += binding.port().doWork();
        }
        return work;
    }

    /**
     * Gives packets that the virtual function received to the ports.
     *
     * @param packets at most {@link PacketVector#CAPACITY_DEFAULT}; empty afterwards.
     */
    public void toPorts(final PacketVector packets) {
        for (int i = 0, size = packets.size(); i < size; i++) {
            final int vlan =
                    (packets.flags(i) & PacketVector.FLAG_VLAN) == 0
                            ? 0
                            : packets.vlan(i) & Ethernet.VLAN_ID_MASK;
            final int port = portOfVlan[vlan];
            if (port >= 0) {
                give(port, packets, i);
            } else if (port == NO_PORT) {
                dropWithoutPort(packets, i);
            } else if (!deliver(packets, i, vlan, NO_PORT)) {
                dropWithoutPort(packets, i);
            }
        }
        packets.clear();
        flush();
    }

    /**
     * Takes packets from a port, for the virtual function to send.
     *
     * @param port place of the port in the list given at construction.
     * @param packets gets them, with their VLAN; empty before.
     * @return how many were taken from the port, those for its neighbours included.
     */
    public int fromPort(final int port, final PacketVector packets) {
        final PortBinding binding = ports[port];
        final int received = binding.port().receive(fromPort);
        if (received == 0) {
            return 0;
        }
        final boolean tagged = isTrunk[port];
        final boolean isChecked = binding.port().checksHeaders();
        boolean isShared = false;
        for (int i = 0; i < received; i++) {
            if (!isChecked && !binding.isTrusted() && !binding.addresses().owns(source(i))) {
                binding.counters().rxSpoofed().increment();
                pool.free(fromPort, i);
                continue;
            }
            final int vlan =
                    tagged ? trunkVlan(binding, i, isChecked) : accessVlan(binding, i, isChecked);
            if (vlan == NO_VLAN) {
                binding.counters().rxTagged().increment();
                pool.free(fromPort, i);
                continue;
            }
            final boolean hasNeighbours = portOfVlan[vlan] == SEVERAL_PORTS;
            isShared |= hasNeighbours;
            if (!hasNeighbours || !deliver(fromPort, i, vlan, port)) {
                packets.add(fromPort, i);
            }
        }
        fromPort.clear();
        if (isShared) {
            flush();
        }
        return received;
    }

    /**
     * Gives a port packets that another poller has found to be its.
     *
     * @param port its place in the list given at construction.
     * @param packets empty afterwards; what the port has no room for is dropped and counted.
     */
    void transmit(final int port, final PacketVector packets) {
        ports[port].port().transmit(packets);
        if (packets.size() > 0) {
            ports[port].counters().txFull().add(packets.size());
            pool.free(packets);
        }
    }

    /** A port, by its place in the list given at construction. */
    PacketPort port(final int port) {
        return ports[port].port();
    }

    private long source(final int i) {
        return MacAddress.readValue(
                memory,
                pool.bufferOffset(fromPort.buffer(i))
                        + fromPort.offsetBytes(i)
                        + Ethernet.SOURCE_OFFSET);
    }

    /** Tags a packet of an access port; negative if it brings a tag of its own. */
    private int accessVlan(final PortBinding binding, final int i, final boolean isChecked) {
        if (!isChecked && isTagged(fromPort, i)) {
            return NO_VLAN;
        }
        if (binding.vlan() != 0) {
            fromPort.tag(i, binding.vlan());
        }
        return binding.vlan();
    }

    /** The VLAN of a trunk's packet; negative if the trunk hasn't it. */
    private int trunkVlan(final PortBinding binding, final int i, final boolean isChecked) {
        if ((fromPort.flags(i) & PacketVector.FLAG_VLAN) == 0) {
            return !isChecked && isTagged(fromPort, i) ? NO_VLAN : 0;
        }
        final int vlan = fromPort.vlan(i) & Ethernet.VLAN_ID_MASK;
        if (vlan == 0) {
            // A priority and no VLAN: what is tagged inside could come out in one.
            fromPort.untag(i);
            return !isChecked && isTagged(fromPort, i) ? NO_VLAN : 0;
        }
        return binding.trunk().contains(vlan) ? vlan : NO_VLAN;
    }

    /** Number of ports. */
    public int portCount() {
        return ports.length;
    }

    /** Packets dropped because no port has their VLAN, or none of its ports their address. */
    public Counter noPort() {
        return noPort;
    }

    /**
     * Gives a packet to those of several ports of its VLAN that it is for.
     *
     * @return whether the packet itself has gone to a port; copies don't count.
     */
    private boolean deliver(
            final PacketVector packets, final int i, final int vlan, final int sender) {
        final int buffer = packets.buffer(i);
        final long destination =
                MacAddress.readValue(memory, pool.bufferOffset(buffer) + packets.offsetBytes(i));
        int first = NO_PORT;
        for (final int port : table.of(vlan)) {
            if (port == sender) {
                continue;
            }
            final AddressFilter addresses = ports[port].addresses();
            final boolean isOwner = addresses.owns(destination);
            if (!isOwner && !addresses.accepts(destination)) {
                continue;
            }
            // From a port to a neighbour that has the address: nobody on the wire needs it.
            if (first == NO_PORT && (isOwner || sender == NO_PORT)) {
                first = port;
            } else {
                giveCopy(port, packets, i);
            }
        }
        if (first == NO_PORT) {
            return false;
        }
        give(first, packets, i);
        return true;
    }

    private void give(final int port, final PacketVector packets, final int i) {
        roomFor(port).add(packets, i);
        offload(port);
    }

    /** Without a free buffer there is no copy. */
    private void giveCopy(final int port, final PacketVector packets, final int i) {
        if (pool.copy(packets, i, roomFor(port))) {
            offload(port);
        }
    }

    /** A port's vector, with room for a packet: a burst fits, unless segments are made of it. */
    private PacketVector roomFor(final int port) {
        if (!isFilled[port]) {
            isFilled[port] = true;
            filled[filledCount++] = port;
        }
        final PacketVector vector = toPort[port];
        if (vector.room() == 0) {
            flush(port);
        }
        return vector;
    }

    /**
     * Does what the last packet to a port asks for, unless the port does: a VF would have done it
     * if the packet had gone out.
     */
    private void offload(final int port) {
        final PacketVector vector = toPort[port];
        final int last = vector.size() - 1;
        final int asked = vector.flags(last) & PacketVector.FLAGS_TX_OFFLOAD;
        if (asked == 0) {
            return;
        }
        final int missing = asked & ~ports[port].port().offloads();
        if ((missing & PacketVector.FLAG_TX_SEGMENT) != 0) {
            toCut.clear();
            toCut.add(vector, last);
            vector.size(last);
            cut(port);
        } else if (missing != 0 && !SoftwareOffload.checksum(pool, vector, last)) {
            ports[port].counters().txErrors().increment();
            pool.free(vector, last);
            vector.size(last);
        }
    }

    private void cut(final int port) {
        boolean isGood = cutter.begin(toCut, 0);
        while (isGood && cutter.isLeft()) {
            isGood = cutter.next(roomFor(port));
        }
        if (!isGood) {
            ports[port].counters().txErrors().increment();
        }
        pool.free(toCut);
    }

    private void flush() {
        for (int i = 0; i < filledCount; i++) {
            flush(filled[i]);
            isFilled[filled[i]] = false;
        }
        filledCount = 0;
    }

    private void flush(final int port) {
        final PacketVector vector = toPort[port];
        if (vector.size() > 0) {
            ports[port].port().transmit(vector);
            if (vector.size() > 0) {
                ports[port].counters().txFull().add(vector.size());
                pool.free(vector);
            }
        }
    }

    private boolean isTagged(final PacketVector packets, final int i) {
        final long type =
                pool.bufferOffset(packets.buffer(i))
                        + packets.offsetBytes(i)
                        + Ethernet.TYPE_OFFSET;
        final int tpid =
                Short.toUnsignedInt(
                        Short.reverseBytes(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, type)));
        return tpid == Ethernet.TPID_8021Q || tpid == Ethernet.TPID_8021AD;
    }

    private void dropWithoutPort(final PacketVector packets, final int i) {
        noPort.increment();
        pool.free(packets, i);
    }
}
