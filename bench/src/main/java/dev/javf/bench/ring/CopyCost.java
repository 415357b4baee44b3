package dev.javf.bench.ring;

import dev.javf.client.JavfPort;
import dev.javf.client.PacketHandler;
import dev.javf.client.PortContext;
import dev.javf.daemon.ring.RingPort;
import dev.javf.daemon.ring.RingServer;
import dev.javf.daemon.ring.RingSettings;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * What a packet costs at a ring port, both sides in one thread: rings and checks, with one copy and
 * without.
 */
final class CopyCost {
    private static final int BURST = 32;
    private static final int BURSTS = 2000;
    private static final int BUFFERS = 2048;
    private static final long PAUSE_NS = 100_000;
    private static final int[] LENGTHS = {64, 1514};
    private static final PacketHandler NOTHING = (memory, offset, length, vlan, flags) -> {};

    private final PacketPool pool;
    private final RingPort port;
    private final JavfPort client;
    private final PacketVector vector = new PacketVector();

    private CopyCost(final PacketPool pool, final RingPort port, final JavfPort client) {
        this.pool = pool;
        this.port = port;
        this.client = client;
    }

    /** Nanoseconds for each packet, in Markdown. */
    static String table(final int samples) {
        final StringBuilder table = new StringBuilder();
        table.append("ns per packet at a ring port, bursts of 32, both sides in one thread:")
                .append(" fastest sample (median)\n\n| bytes | | client to daemon |")
                .append(" daemon to client |\n|--:|---|--:|--:|\n");
        final RingServer server = new RingServer(System::nanoTime);
        final Thread serving = Thread.ofPlatform().start(() -> serve(server));
        try {
            measure(table, server, samples, false);
            measure(table, server, samples, true);
        } finally {
            serving.interrupt();
        }
        return table.append('\n').toString();
    }

    private static void measure(
            final StringBuilder table,
            final RingServer server,
            final int samples,
            final boolean isZeroCopy) {
        final UnixAddress address =
                new UnixAddress("@javf-bench-" + isZeroCopy + "-" + ProcessHandle.current().pid());
        final RingSettings settings = RingPeer.settings(address, isZeroCopy);
        try (PacketPool pool = PacketPool.splitForOthers("bench", BUFFERS).getFirst()) {
            for (int buffer = 0; buffer < BUFFERS; buffer++) {
                RingPeer.MAC.write(pool.memory(), pool.dataOffset(buffer) + Ethernet.SOURCE_OFFSET);
            }
            final RingPort port = server.open(settings, null, pool);
            final CompletableFuture<JavfPort> connected =
                    CompletableFuture.supplyAsync(
                            () -> JavfPort.connect(new PortContext().socket(address.toString())));
            while (!connected.isDone()) {
                port.doWork();
                LockSupport.parkNanos(PAUSE_NS);
            }
            try (JavfPort client = connected.join()) {
                port.doWork();
                final CopyCost cost = new CopyCost(pool, port, client);
                for (final int lengthBytes : LENGTHS) {
                    cost.row(table, lengthBytes, isZeroCopy ? "zero-copy" : "copy", samples);
                }
                port.releaseBuffers();
            }
            port.close();
        }
    }

    private static void serve(final RingServer server) {
        while (!Thread.currentThread().isInterrupted()) {
            server.doWork();
            server.await();
        }
        server.onClose();
    }

    private void row(
            final StringBuilder table,
            final int lengthBytes,
            final String mode,
            final int samples) {
        final double[] in = new double[samples];
        final double[] out = new double[samples];
        for (int sample = -10; sample < samples; sample++) {
            final double toDaemon = toDaemon(lengthBytes);
            final double toClient = toClient(lengthBytes);
            if (sample >= 0) {
                in[sample] = toDaemon;
                out[sample] = toClient;
            }
        }
        Arrays.sort(in);
        Arrays.sort(out);
        table.append(
                String.format(
                        Locale.ROOT,
                        "| %d | %s | %.1f (%.1f) | %.1f (%.1f) |%n",
                        lengthBytes,
                        mode,
                        in[0],
                        in[samples / 2],
                        out[0],
                        out[samples / 2]));
    }

    private double toDaemon(final int lengthBytes) {
        final long startNs = System.nanoTime();
        for (int burst = 0; burst < BURSTS; burst++) {
            for (int i = 0; i < BURST; i++) {
                client.claim(lengthBytes);
            }
            client.commit();
            if (port.receive(vector) != BURST) {
                throw new IllegalStateException("packets were lost");
            }
            pool.free(vector);
        }
        return (double) (System.nanoTime() - startNs) / (BURSTS * BURST);
    }

    private double toClient(final int lengthBytes) {
        final long startNs = System.nanoTime();
        for (int burst = 0; burst < BURSTS; burst++) {
            for (int i = 0; i < BURST; i++) {
                vector.add(pool.allocate(), pool.headroomBytes(), lengthBytes, 0, 0, 0);
            }
            port.doWork();
            port.transmit(vector);
            if (client.poll(NOTHING, BURST) != BURST) {
                throw new IllegalStateException("packets were lost");
            }
        }
        return (double) (System.nanoTime() - startNs) / (BURSTS * BURST);
    }
}
