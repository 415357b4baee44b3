package dev.javf.bench.scaling;

import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

/** Gives back what it was given: the least that a port can do. */
final class EchoPort implements PacketPort {
    private final PacketVector held = new PacketVector();

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public int receive(final PacketVector vector) {
        final int count = held.size();
        for (int i = 0; i < count; i++) {
            vector.add(held, i);
        }
        held.clear();
        return count;
    }

    @Override
    public int transmit(final PacketVector vector) {
        final int count = vector.size();
        for (int i = 0; i < count; i++) {
            held.add(vector, i);
        }
        vector.clear();
        return count;
    }

    @Override
    public void close() {}
}
