package dev.javf.bench.scaling;

import dev.javf.bench.ChildJvm;
import dev.javf.daemon.simulated.WarmUp;
import dev.javf.packet.PacketPool;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/**
 * {@code ./javf bench start [PACKETS_PER_SECOND]}: how many packets find no descriptor in the first
 * second of a new JVM, without and with the daemon's warm-up. The clock is the processor time of
 * the thread, so that other programs don't count.
 */
public final class FirstSecond {
    /** The name on the command line. */
    public static final String NAME = "start";

    private static final long PACKETS_PER_SECOND = 2_000_000;
    private static final int[] WARM_UPS_MS = {0, 100, 500};
    private static final int JVMS = 5;
    private static final int RING_LENGTH = 512;
    private static final int BUFFERS = 640;
    private static final long MS_NS = 1_000_000;
    private static final long SECOND_NS = 1_000_000_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private FirstSecond() {}

    /**
     * Runs it, each time in a JVM of its own like that of the daemon.
     *
     * @param arguments after the name: packets a second, 2 million unless given.
     * @throws IOException when a JVM can't be started.
     */
    public static void main(final String[] arguments) throws IOException {
        final long rate = arguments.length > 1 ? Long.parseLong(arguments[1]) : PACKETS_PER_SECOND;
        if (rate < 1 || rate > SECOND_NS) {
            throw new IllegalArgumentException(
                    "packets a second " + rate + ": must be 1 to " + SECOND_NS);
        }
        if (ChildJvm.isOne()) {
            System.out.print(measure(Long.parseLong(arguments[2]), rate));
            return;
        }
        System.out.printf("%d packets a second, rings of %d%n%n", rate, RING_LENGTH);
        System.out.println("| warm-up ms | dropped | of | last drop ms |");
        System.out.println("|--:|--:|--:|--:|");
        for (int round = 0; round < JVMS; round++) {
            for (final int warmUpMs : WARM_UPS_MS) {
                ChildJvm.run(
                        FirstSecond.class, NAME, Long.toString(rate), Integer.toString(warmUpMs));
            }
        }
    }

    /** Returns a line of the table. */
    static String measure(final long warmUpMs, final long packetsPerSecond) {
        if (warmUpMs > 0) {
            WarmUp.run(warmUpMs * MS_NS);
        }
        final long[] result = carry(SECOND_NS, packetsPerSecond);
        return String.format(
                Locale.ROOT,
                "| %d | %d | %d | %.1f |%n",
                warmUpMs,
                result[0],
                packetsPerSecond,
                result[1] / (double) MS_NS);
    }

    /** Carries what is due; returns how many were dropped, and when the last was. */
    private static long[] carry(final long durationNs, final long packetsPerSecond) {
        final FunctionPath path =
                new FunctionPath(new PacketPool("bench-start", BUFFERS), RING_LENGTH, 8, 1);
        final long startNs = THREADS.getCurrentThreadCpuTime();
        long gone = 0;
        long dropped = 0;
        long lastDropNs = 0;
        long nowNs = 0;
        while (nowNs < durationNs) {
            nowNs = THREADS.getCurrentThreadCpuTime() - startNs;
            final long waiting = (long) (nowNs * (packetsPerSecond / (double) SECOND_NS)) - gone;
            if (waiting > RING_LENGTH) {
                dropped += waiting - RING_LENGTH;
                gone += waiting - RING_LENGTH;
                lastDropNs = nowNs;
            }
            if (waiting >= FunctionPath.BURST) {
                path.turn();
                gone += FunctionPath.BURST;
            }
        }
        path.close();
        return new long[] {dropped, lastDropNs};
    }
}
