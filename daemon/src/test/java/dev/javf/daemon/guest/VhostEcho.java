package dev.javf.daemon.guest;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.vhost.VhostUserPort;
import dev.javf.virtio.vhost.VhostUserPort.Mode;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * A vhost-user port that sends back whatever comes. As a program, to be killed: arguments are the
 * socket and the mode.
 */
final class VhostEcho implements Agent {
    /** What a program's lines start with that say how many packets have come. */
    static final String PACKETS = "packets ";

    private static final int SAY_EVERY = 1000;
    private static final int BUFFERS = 2048;
    private static final int PAIRS = 2;
    private static final int QUEUE_SIZE = 1024;

    private final PacketPool pool = new PacketPool("vhost-echo", BUFFERS);
    private final PacketVector burst = new PacketVector();
    private final VhostUserPort port;

    VhostEcho(final UnixAddress socket, final Mode mode) {
        port =
                new VhostUserPort(
                        socket,
                        mode,
                        true,
                        new NetSettings(
                                "echo",
                                MacAddress.of("02:00:00:00:00:ee"),
                                1500,
                                PAIRS,
                                QUEUE_SIZE,
                                false,
                                -1,
                                1),
                        pool,
                        NetworkControl.NOBODY,
                        System::nanoTime,
                        System.out::println);
    }

    VhostUserPort port() {
        return port;
    }

    @Override
    public int doWork() {
        int work = port.doWork() + port.receive(burst);
        if (burst.size() > 0) {
            work += port.transmit(burst);
            pool.free(burst);
        }
        return work;
    }

    @Override
    public String roleName() {
        return "vhost-echo";
    }

    @Override
    public void onClose() {
        port.close();
        pool.close();
    }

    /** Packets that have come; each was sent by whoever got the ones before. */
    long packets() {
        return port.device().counters().rxPackets().value();
    }

    /** In a process of its own: says every now and then how many packets have come. */
    public static void main(final String[] arguments) {
        final VhostEcho echo =
                new VhostEcho(new UnixAddress(arguments[0]), Mode.valueOf(arguments[1]));
        final BackoffIdleStrategy idle = new BackoffIdleStrategy();
        long said = 0;
        while (true) {
            idle.idle(echo.doWork());
            if (echo.packets() >= said + SAY_EVERY) {
                said = echo.packets();
                System.out.println(PACKETS + said);
            }
        }
    }
}
