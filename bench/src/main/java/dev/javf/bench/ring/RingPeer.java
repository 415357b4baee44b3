package dev.javf.bench.ring;

import dev.javf.daemon.control.Roles;
import dev.javf.daemon.ring.RingPort;
import dev.javf.daemon.ring.RingServer;
import dev.javf.daemon.ring.RingSettings;
import dev.javf.linux.CpuAffinity;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The daemon's side of a ring port in a process of its own: a poller's loop that takes packets and
 * drops them, or sends them back.
 */
public final class RingPeer {
    static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");

    private static final int FRAME_BYTES = 1518;
    private static final int SLOTS = 512;
    private static final int BUFFERS = 1024;
    private static final int CYCLES_PER_LOOK = 4096;

    private RingPeer() {}

    static RingSettings settings(final UnixAddress address, final boolean isZeroCopy) {
        return new RingSettings(
                "bench",
                address,
                0600,
                new Roles(List.of("*"), List.of(), 0, Path.of("/etc")),
                MAC,
                0,
                VlanSet.EMPTY,
                Set.of(),
                FRAME_BYTES,
                isZeroCopy,
                1,
                SLOTS,
                0);
    }

    /**
     * Serves until the process is ended.
     *
     * @param arguments the socket, sink or echo, and the processor.
     */
    public static void main(final String[] arguments) {
        final boolean isEcho = arguments[1].equals("echo");
        final RingServer server = new RingServer(System::nanoTime);
        final PacketPool pool = new PacketPool("bench", BUFFERS);
        final RingPort port =
                server.open(settings(new UnixAddress(arguments[0]), false), null, pool);
        CpuAffinity.pin(Integer.parseInt(arguments[2]));
        System.out.println("ready");
        final PacketVector vector = new PacketVector();
        while (!Thread.currentThread().isInterrupted()) {
            server.doWork();
            for (int i = 0; i < CYCLES_PER_LOOK; i++) {
                port.doWork();
                if (port.receive(vector) > 0) {
                    if (isEcho) {
                        port.transmit(vector);
                    }
                    pool.free(vector);
                }
            }
        }
    }
}
