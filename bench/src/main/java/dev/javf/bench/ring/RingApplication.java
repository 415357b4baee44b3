package dev.javf.bench.ring;

import dev.javf.client.JavfPort;
import dev.javf.client.PacketHandler;
import dev.javf.client.PortContext;
import dev.javf.linux.CpuAffinity;

import org.HdrHistogram.Histogram;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** An application at a ring port in a process of its own: it sends, or plays ping-pong. */
public final class RingApplication {
    private static final int BURST = 32;
    private static final int HEADER_BYTES = 42;
    private static final long HIGHEST_NS = TimeUnit.SECONDS.toNanos(10);
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 99.999};

    private RingApplication() {}

    /**
     * Prints millions of packets per second, or percentiles of round trips in microseconds.
     *
     * @param arguments the socket, send or ping, the packets' length, seconds, and the processor.
     */
    public static void main(final String[] arguments) {
        final int lengthBytes = Integer.parseInt(arguments[2]);
        final long durationNs = (long) (Double.parseDouble(arguments[3]) * 1e9);
        CpuAffinity.pin(Integer.parseInt(arguments[4]));
        try (JavfPort port = JavfPort.connect(new PortContext().socket(arguments[0]))) {
            if (arguments[1].equals("send")) {
                send(port, lengthBytes, durationNs / 3);
                System.out.printf(Locale.ROOT, "%.3f%n", send(port, lengthBytes, durationNs));
            } else {
                ping(port, lengthBytes, durationNs / 3);
                System.out.println(percentiles(ping(port, lengthBytes, durationNs)));
            }
        }
    }

    /** As testpmd's txonly does it: a header is written into each packet, the rest is as it is. */
    private static double send(final JavfPort port, final int lengthBytes, final long durationNs) {
        final MemorySegment header = MemorySegment.ofArray(new byte[HEADER_BYTES]);
        final MemorySegment memory = port.memory();
        final long startNs = System.nanoTime();
        long sent = 0;
        long nowNs = startNs;
        while (nowNs - startNs < durationNs) {
            for (int burst = 0; burst < 256; burst++) {
                for (int i = 0; i < BURST; i++) {
                    final long at = port.claim(lengthBytes);
                    if (at < 0) {
                        break;
                    }
                    MemorySegment.copy(header, 0, memory, at, HEADER_BYTES);
                }
                sent += port.commit();
            }
            nowNs = System.nanoTime();
        }
        return sent * 1e3 / (nowNs - startNs);
    }

    private static Histogram ping(
            final JavfPort port, final int lengthBytes, final long durationNs) {
        final Histogram histogram = new Histogram(HIGHEST_NS, 3);
        final PacketHandler nothing = (memory, offset, length, vlan, flags) -> {};
        final long endNs = System.nanoTime() + durationNs;
        long sentNs = System.nanoTime();
        while (sentNs - endNs < 0) {
            port.claim(lengthBytes);
            port.commit();
            int received;
            do {
                received = port.poll(nothing, 1);
            } while (received == 0);
            final long nowNs = System.nanoTime();
            histogram.recordValue(Math.min(HIGHEST_NS, nowNs - sentNs));
            sentNs = nowNs;
        }
        return histogram;
    }

    private static String percentiles(final Histogram histogram) {
        final StringBuilder text = new StringBuilder();
        for (final double percentile : PERCENTILES) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            " %.2f |",
                            histogram.getValueAtPercentile(percentile) / 1e3));
        }
        return text
                + String.format(
                        Locale.ROOT,
                        " %.2f | %d |",
                        histogram.getMaxValue() / 1e3,
                        histogram.getTotalCount());
    }
}
