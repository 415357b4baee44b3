package dev.javf.client.examples;

import dev.javf.client.JavfPort;
import dev.javf.client.PacketHandler;
import dev.javf.client.PortContext;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

import java.lang.foreign.MemorySegment;

/** Sends every packet back to where it came from. */
public final class Echo implements PacketHandler {
    private final JavfPort port;

    /** An echo at a port. */
    public Echo(final JavfPort port) {
        this.port = port;
    }

    @Override
    public void onPacket(
            final MemorySegment memory,
            final long offset,
            final int lengthBytes,
            final int vlan,
            final int flags) {
        final long to = port.claim(lengthBytes, vlan);
        if (to < 0) {
            return; // no room: what comes faster than it can be sent back is dropped
        }
        final int addresses = 2 * MacAddress.LENGTH_BYTES;
        MemorySegment.copy(
                memory, offset + addresses, memory, to + addresses, lengthBytes - addresses);
        MemorySegment.copy(
                memory,
                offset + Ethernet.SOURCE_OFFSET,
                memory,
                to + Ethernet.DESTINATION_OFFSET,
                MacAddress.LENGTH_BYTES);
        port.properties().mac().write(memory, to + Ethernet.SOURCE_OFFSET);
    }

    /** One duty cycle: a burst in, a burst out. */
    public int doWork() {
        final int work = port.poll(this, 64);
        port.commit();
        return work + port.doWork();
    }

    /** The port's socket is the argument. */
    public static void main(final String[] args) {
        final IdleStrategy idle = new BackoffIdleStrategy();
        try (JavfPort port = JavfPort.connect(new PortContext().socket(args[0]))) {
            final Echo echo = new Echo(port);
            while (!Thread.currentThread().isInterrupted()) {
                idle.idle(echo.doWork());
            }
        }
    }
}
