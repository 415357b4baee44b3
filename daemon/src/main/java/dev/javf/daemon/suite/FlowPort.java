package dev.javf.daemon.suite;

import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** One VLAN's end at one side: sends one flow's frames, and checks those of the other. */
final class FlowPort implements PacketPort {
    private final Flow outward;
    private final Flow inward;
    private final MacAddress mac;
    private final MacAddress peer;
    private final Turns turns;
    private final int place;
    private final PacketPool pool;
    private final MemorySegment memory;
    private final Consumer<String> faults;

    /**
     * An end.
     *
     * @param outward what it sends.
     * @param inward what arrives.
     * @param mac the address on this side.
     * @param peer the address on the other.
     * @param turns says whose turn it is to send.
     * @param place in these turns.
     * @param pool for frames.
     * @param faults is told what must not be.
     */
    FlowPort(
            final Flow outward,
            final Flow inward,
            final MacAddress mac,
            final MacAddress peer,
            final Turns turns,
            final int place,
            final PacketPool pool,
            final Consumer<String> faults) {
        this.outward = outward;
        this.inward = inward;
        this.mac = mac;
        this.peer = peer;
        this.turns = turns;
        this.place = place;
        this.pool = pool;
        this.faults = faults;
        memory = pool.memory();
    }

    @Override
    public String name() {
        return "flow of " + outward;
    }

    @Override
    public int receive(final PacketVector vector) {
        if (!turns.isTurnOf(place) || vector.room() == 0) {
            return 0;
        }
        if (!outward.mayBeSent()) {
            turns.pass();
            return 0;
        }
        final int buffer = pool.allocate();
        if (buffer == PacketPool.NONE) {
            return 0;
        }
        final long sequence = outward.next();
        final int vlan = outward.vlan();
        FlowFrame.write(memory, pool.dataOffset(buffer), peer, mac, outward.side(), vlan, sequence);
        vector.add(buffer, pool.headroomBytes(), FlowFrame.lengthBytes(vlan, sequence), 0, 0, 0);
        outward.onSent();
        turns.done();
        return 1;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int count = vector.size();
        for (int i = 0; i < count; i++) {
            final long start = pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i);
            onFrame(start, vector.lengthBytes(i));
        }
        pool.free(vector);
        return count;
    }

    private void onFrame(final long start, final int lengthBytes) {
        if (!FlowFrame.isOurs(memory, start, lengthBytes)) {
            faults.accept(inward + ": a stranger's frame of " + lengthBytes + " bytes");
        } else if (!FlowFrame.isWhole(memory, start, lengthBytes)
                || MacAddress.readValue(memory, start) != mac.value()) {
            faults.accept(inward + ": a corrupted frame of " + lengthBytes + " bytes");
        } else if (FlowFrame.vlan(memory, start) != inward.vlan()
                || FlowFrame.side(memory, start) != inward.side()) {
            faults.accept(
                    inward
                            + ": a frame of VLAN "
                            + FlowFrame.vlan(memory, start)
                            + " from VF"
                            + (FlowFrame.side(memory, start) + 1));
        } else {
            inward.onArrived(FlowFrame.sequence(memory, start));
        }
    }

    /** There is nothing behind it. */
    @Override
    public void close() {}
}
