package dev.javf.daemon.ring;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.packet.PacketVector;

import java.lang.foreign.MemorySegment;

/** An application that sends and receives as fast as it can, until it is killed. */
final class BusyClient {
    private BusyClient() {}

    /** The socket is the argument. */
    public static void main(final String[] args) {
        final MemorySegment frame = MemorySegment.ofArray(new byte[60]);
        try (JavfPort port = JavfPort.connect(new PortContext().socket(args[0]))) {
            System.out.println("ready");
            while (!Thread.currentThread().isInterrupted()) {
                port.offer(frame, 0, 60);
                port.poll(
                        (memory, offset, lengthBytes, vlan, flags) -> {},
                        PacketVector.CAPACITY_DEFAULT);
                port.doWork();
            }
        }
    }
}
