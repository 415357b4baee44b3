package dev.javf.client.examples;

import dev.javf.client.JavfPort;
import dev.javf.client.PacketHandler;
import dev.javf.client.PortContext;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;

import org.HdrHistogram.Histogram;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;

/**
 * Sends packets at a steady pace to a station that echoes them, and tells how long they took. A
 * packet's time starts when it was due, not when it could be sent, so that what waits counts.
 */
public final class Generator implements PacketHandler {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int STAMP_OFFSET = Ethernet.HEADER_BYTES;
    private static final int ETHER_TYPE_EXPERIMENTAL = 0x88B5;

    private final JavfPort port;
    private final MacAddress to;
    private final int lengthBytes;
    private final long periodNs;
    private final Histogram histogram = new Histogram(TimeUnit.SECONDS.toNanos(60), 3);
    private long dueNs;
    private long sent;
    private long received;

    /**
     * A generator.
     *
     * @param port to send from.
     * @param to the station that echoes.
     * @param lengthBytes of a packet, 22 or more.
     * @param packetsPerSecond the pace.
     */
    public Generator(
            final JavfPort port,
            final MacAddress to,
            final int lengthBytes,
            final long packetsPerSecond) {
        this.port = port;
        this.to = to;
        this.lengthBytes = lengthBytes;
        periodNs = TimeUnit.SECONDS.toNanos(1) / packetsPerSecond;
        dueNs = System.nanoTime();
    }

    /** Sends what is due, and takes what has come back. */
    public int doWork() {
        final long nowNs = System.nanoTime();
        int work = 0;
        while (dueNs - nowNs <= 0 && work < 64) {
            final long at = port.claim(lengthBytes);
            if (at < 0) {
                break;
            }
            final MemorySegment memory = port.memory();
            to.write(memory, at + Ethernet.DESTINATION_OFFSET);
            port.properties().mac().write(memory, at + Ethernet.SOURCE_OFFSET);
            memory.set(
                    ValueLayout.JAVA_SHORT_UNALIGNED,
                    at + Ethernet.TYPE_OFFSET,
                    Short.reverseBytes((short) ETHER_TYPE_EXPERIMENTAL));
            memory.set(LONG, at + STAMP_OFFSET, dueNs);
            dueNs += periodNs;
            work++;
        }
        sent += port.commit();
        return work + port.poll(this, 64) + port.doWork();
    }

    @Override
    public void onPacket(
            final MemorySegment memory,
            final long offset,
            final int packetBytes,
            final int vlan,
            final int flags) {
        if (packetBytes >= STAMP_OFFSET + Long.BYTES) {
            received++;
            histogram.recordValue(
                    Math.max(0, System.nanoTime() - memory.get(LONG, offset + STAMP_OFFSET)));
        }
    }

    /** Packets sent. */
    public long sent() {
        return sent;
    }

    /** Packets that have come back. */
    public long received() {
        return received;
    }

    /** How long they took, in nanoseconds. */
    public Histogram histogram() {
        return histogram;
    }

    /** Arguments: the port's socket, the station's address, packets per second, seconds. */
    public static void main(final String[] args) {
        try (JavfPort port = JavfPort.connect(new PortContext().socket(args[0]))) {
            final Generator generator =
                    new Generator(port, MacAddress.of(args[1]), 60, Long.parseLong(args[2]));
            final long endNs =
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(args[3]));
            while (System.nanoTime() - endNs < 0) {
                generator.doWork();
            }
            System.out.println(generator.received() + " of " + generator.sent() + " came back");
            generator.histogram().outputPercentileDistribution(System.out, 1000.0);
        }
    }
}
