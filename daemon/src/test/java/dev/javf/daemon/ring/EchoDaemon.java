package dev.javf.daemon.ring;

import dev.javf.daemon.control.Roles;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtchnl.VlanSet;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The daemon's side of a ring port alone, which echoes: starts in a fraction of a second. */
final class EchoDaemon {
    static final int FRAME_BYTES = 1518;

    private EchoDaemon() {}

    static RingSettings settings(final String name, final UnixAddress address) {
        return settings(name, address, false, 1, 0);
    }

    static RingSettings settings(
            final String name,
            final UnixAddress address,
            final boolean isZeroCopy,
            final int queues,
            final long quarantineNs) {
        return new RingSettings(
                name,
                address,
                0600,
                new Roles(List.of("*"), List.of(), 0, Path.of("/etc")),
                RawClient.MAC,
                0,
                VlanSet.EMPTY,
                Set.of(),
                FRAME_BYTES,
                isZeroCopy,
                queues,
                RawClient.SLOTS,
                quarantineNs);
    }

    /** The socket is the argument; it serves until it is killed. */
    public static void main(final String[] args) {
        final RingServer server = new RingServer(System::nanoTime);
        final PacketPool pool = new PacketPool("echo", 1024);
        final RingPort port = server.open(settings("echo", new UnixAddress(args[0])), null, pool);
        final PacketVector vector = new PacketVector();
        while (!Thread.currentThread().isInterrupted()) {
            server.doWork();
            port.doWork();
            port.receive(vector);
            port.transmit(vector);
            pool.free(vector);
        }
    }
}
