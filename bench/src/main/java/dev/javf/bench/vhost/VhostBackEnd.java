package dev.javf.bench.vhost;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.vhost.VhostUserPort;

import java.util.List;

/**
 * A vhost-user port that does what testpmd does with net_vhost: takes packets and drops them
 * ({@code rxonly}), makes packets and sends them ({@code txonly}), or sends back what comes ({@code
 * io}). Polls until it is killed. Arguments: socket to listen at, mode, length of frames.
 */
public final class VhostBackEnd {
    private static final int BUFFERS = 8192;
    private static final int QUEUE_SIZE = 1024;
    private static final int MTU = 1500;
    private static final int BURST = 32;

    private final PacketPool pool = new PacketPool("vhost-bench", BUFFERS);
    private final PacketVector burst = new PacketVector(BURST);
    private final VhostUserPort port;
    private final int frameBytes;

    private VhostBackEnd(final String socket, final int frameBytes) {
        this.frameBytes = frameBytes;
        port =
                new VhostUserPort(
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
                        new Nobody(),
                        System::nanoTime,
                        System.err::println);
    }

    /**
     * Runs it.
     *
     * @param arguments socket, mode, length of frames in bytes.
     */
    public static void main(final String[] arguments) {
        if (arguments.length != 3) {
            System.err.println("usage: VhostBackEnd SOCKET rxonly|txonly|io FRAME_BYTES");
            System.exit(2);
        }
        final VhostBackEnd backEnd = new VhostBackEnd(arguments[0], Integer.parseInt(arguments[2]));
        final boolean receives = !arguments[1].equals("txonly");
        final boolean sends = !arguments[1].equals("rxonly");
        while (true) {
            backEnd.poll(receives, sends);
        }
    }

    private void poll(final boolean receives, final boolean sends) {
        port.doWork();
        if (receives) {
            port.receive(burst);
        } else {
            make();
        }
        if (sends && burst.size() > 0) {
            port.transmit(burst);
        }
        pool.free(burst);
    }

    private void make() {
        for (int i = 0; i < BURST; i++) {
            burst.add(pool.allocate(), pool.headroomBytes(), frameBytes, 0, 0, 0);
        }
    }

    /** A network that nobody can ask. */
    private static final class Nobody implements NetworkControl {
        @Override
        public Answer vlan(final int vlan, final boolean isWanted) {
            return REFUSED;
        }

        @Override
        public Answer receiveMode(final boolean isPromiscuous, final boolean isAllMulticast) {
            return REFUSED;
        }

        @Override
        public Answer addresses(final List<MacAddress> unicast, final List<MacAddress> multicast) {
            return REFUSED;
        }

        @Override
        public Answer address(final MacAddress address) {
            return REFUSED;
        }

        @Override
        public void reset() {
            // Nothing was wanted.
        }
    }
}
