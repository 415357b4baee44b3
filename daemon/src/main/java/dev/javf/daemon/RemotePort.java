package dev.javf.daemon;

import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

/** A port of another poller: what is for it crosses, and nothing comes from it here. */
final class RemotePort implements PacketPort {
    private final String name;
    private final Crossing crossing;
    private final int port;
    private final int generation;

    /**
     * A port at the other end.
     *
     * @param name of the port.
     * @param crossing to its poller.
     * @param port its place in the list of ports.
     * @param generation of that list.
     */
    RemotePort(final String name, final Crossing crossing, final int port, final int generation) {
        this.name = name;
        this.crossing = crossing;
        this.port = port;
        this.generation = generation;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(final PacketVector vector) {
        return 0;
    }

    @Override
    public int transmit(final PacketVector vector) {
        return crossing.offer(vector, port, generation);
    }

    @Override
    public void close() {
        // Its own poller's port is what is closed.
    }
}
