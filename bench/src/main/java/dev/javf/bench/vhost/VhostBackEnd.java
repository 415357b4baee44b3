package dev.javf.bench.vhost;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.vhost.VhostUserPort;

import java.util.ArrayList;
import java.util.List;

/**
 * Vhost-user ports that do what testpmd does with net_vhost: one takes packets and drops them
 * ({@code rxonly}), one makes packets and sends them ({@code txonly}), one sends back what comes
 * ({@code io}). One front-end is served at a time, at the socket that it connects to: DIRECTORY/
 * and the mode, a dash, and the length of frames. Polls until it is killed. Arguments: the
 * directory, and the lengths in bytes.
 */
public final class VhostBackEnd {
    private static final int BUFFERS = 8192;
    private static final int QUEUE_SIZE = 1024;
    private static final int MTU = 1500;
    private static final int BURST = 32;

    private final PacketPool pool = new PacketPool("vhost-bench", BUFFERS);
    private final PacketVector burst = new PacketVector(BURST);
    private final List<Served> all = new ArrayList<>();

    /** A port and what it is there for. */
    private record Served(VhostUserPort port, boolean receives, boolean sends, int frameBytes) {}

    private VhostBackEnd(final String directory, final List<Integer> lengths) {
        for (final String mode : List.of("rxonly", "txonly", "io")) {
            for (final int length : lengths) {
                all.add(
                        new Served(
                                listen(directory + "/" + mode + "-" + length),
                                !mode.equals("txonly"),
                                !mode.equals("rxonly"),
                                length));
            }
        }
    }

    private VhostUserPort listen(final String socket) {
        return new VhostUserPort(
                new UnixAddress(socket),
                VhostUserPort.Mode.SERVER,
                true,
                new NetSettings(
                        "bench",
                        MacAddress.of("02:00:00:00:00:ee"),
                        MTU,
                        1,
                        QUEUE_SIZE,
                        false,
                        -1,
                        1),
                pool,
                NetworkControl.NOBODY,
                System::nanoTime,
                System.err::println);
    }

    /**
     * Runs it.
     *
     * @param arguments directory for the sockets, lengths of frames in bytes.
     */
    public static void main(final String[] arguments) {
        if (arguments.length < 2) {
            System.err.println("usage: VhostBackEnd DIRECTORY FRAME_BYTES...");
            System.exit(2);
        }
        final List<Integer> lengths = new ArrayList<>();
        for (final String length : List.of(arguments).subList(1, arguments.length)) {
            lengths.add(Integer.valueOf(length));
        }
        final VhostBackEnd backEnd = new VhostBackEnd(arguments[0], lengths);
        while (true) {
            backEnd.serve();
        }
    }

    private void serve() {
        for (final Served served : all) {
            served.port.doWork();
            while (served.port.isConnected()) {
                poll(served);
            }
        }
    }

    private void poll(final Served served) {
        served.port.doWork();
        if (served.receives) {
            served.port.receive(burst);
        } else {
            make(served.frameBytes);
        }
        if (served.sends && burst.size() > 0) {
            served.port.transmit(burst);
        }
        pool.free(burst);
    }

    private void make(final int frameBytes) {
        for (int i = 0; i < BURST; i++) {
            burst.add(pool.allocate(), pool.headroomBytes(), frameBytes, 0, 0, 0);
        }
    }
}
