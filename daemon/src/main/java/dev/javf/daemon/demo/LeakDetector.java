package dev.javf.daemon.demo;

import dev.javf.packet.Counter;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketPort;
import dev.javf.packet.PacketVector;

/**
 * Looks at everything that reaches a port: a frame whose sender has an address of another VLAN's
 * network has leaked.
 */
final class LeakDetector implements PacketPort {
    private final PacketPort port;
    private final int vlan;
    private final PacketPool pool;
    private final Counter checked;
    private final Counter leaked;

    /**
     * Watches a port.
     *
     * @param port the port.
     * @param vlan its VLAN.
     * @param pool of the packets.
     * @param checked counts the frames looked at; one for all ports of a poller.
     * @param leaked counts those that belong elsewhere.
     */
    LeakDetector(
            final PacketPort port,
            final int vlan,
            final PacketPool pool,
            final Counter checked,
            final Counter leaked) {
        this.port = port;
        this.vlan = vlan;
        this.pool = pool;
        this.checked = checked;
        this.leaked = leaked;
    }

    @Override
    public String name() {
        return port.name();
    }

    @Override
    public int receive(final PacketVector vector) {
        return port.receive(vector);
    }

    @Override
    public int transmit(final PacketVector vector) {
        for (int i = 0; i < vector.size(); i++) {
            final Frame frame =
                    new Frame(
                            pool.memory(),
                            pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i),
                            vector.lengthBytes(i));
            if (frame.isArp() || frame.isIcmp()) {
                checked.increment();
                final int sender = frame.isArp() ? frame.arpSender() : frame.ipSource();
                if (sender >>> 8 != Traffic.address(0, vlan) >>> 8) {
                    leaked.increment();
                }
            }
        }
        return port.transmit(vector);
    }

    @Override
    public void releaseBuffers() {
        port.releaseBuffers();
    }

    @Override
    public void close() {
        port.close();
    }
}
