package dev.javf.client.examples;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.agrona.concurrent.BackoffIdleStrategy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Answers UDP datagrams (IPv4, no options) to one UDP port with their own payload. */
public final class UdpResponder {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int UDP = IP + 20;

    private UdpResponder() {}

    private static void swap(final MemorySegment memory, final long first, final int distance) {
        final int held = memory.get(INT, first);
        memory.set(INT, first, memory.get(INT, first + distance));
        memory.set(INT, first + distance, held);
    }

    /** Claims an answer to a packet, if it is a datagram to the UDP port. */
    public static boolean answer(
            final JavfPort port,
            final int udpPort,
            final MemorySegment memory,
            final long offset,
            final int lengthBytes,
            final int vlan) {
        if (lengthBytes < UDP + 8
                || memory.get(SHORT, offset + Ethernet.TYPE_OFFSET) != 0x0800
                || memory.get(ValueLayout.JAVA_BYTE, offset + IP) != 0x45
                || memory.get(ValueLayout.JAVA_BYTE, offset + IP + 9) != 17
                || (memory.get(SHORT, offset + UDP + 2) & 0xFFFF) != udpPort) {
            return false;
        }
        final long to = port.claim(lengthBytes, vlan);
        if (to < 0) {
            return false;
        }
        MemorySegment.copy(memory, offset, memory, to, lengthBytes);
        MacAddress.read(memory, offset + Ethernet.SOURCE_OFFSET).write(memory, to);
        port.properties().mac().write(memory, to + Ethernet.SOURCE_OFFSET);
        swap(memory, to + IP + 12, 4); // both addresses; the sums stay as they are
        memory.set(SHORT, to + UDP, (short) udpPort);
        memory.set(SHORT, to + UDP + 2, memory.get(SHORT, offset + UDP));
        return true;
    }

    /** The port's socket and the UDP port are the arguments. */
    public static void main(final String[] args) {
        final int udpPort = Integer.parseInt(args[1]);
        final BackoffIdleStrategy idle = new BackoffIdleStrategy();
        try (JavfPort port = JavfPort.connect(new PortContext().socket(args[0]))) {
            while (!Thread.currentThread().isInterrupted()) {
                final int work =
                        port.poll(
                                (m, at, n, vlan, flags) -> answer(port, udpPort, m, at, n, vlan),
                                64);
                port.commit();
                idle.idle(work + port.doWork());
            }
        }
    }
}
