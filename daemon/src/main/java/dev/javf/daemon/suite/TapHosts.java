package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.TapPort;
import dev.javf.daemon.demo.TapTraffic;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Two network namespaces with a TAP device for each leg, and the system's ping between them. A
 * third namespace is where legs are moved to and back.
 */
final class TapHosts implements Hosts {
    private final PacketPool pool;
    private final NetworkNamespace[] namespaces = new NetworkNamespace[2];
    private final NetworkNamespace elsewhere;

    /**
     * Two hosts without legs.
     *
     * @param pool for the packets of their ports.
     * @throws dev.javf.linux.LinuxException without the privilege to make network namespaces.
     */
    TapHosts(final PacketPool pool) {
        this.pool = pool;
        namespaces[0] = TapTraffic.newNamespace();
        namespaces[1] = TapTraffic.newNamespace();
        elsewhere = TapTraffic.newNamespace();
    }

    @Override
    public String name(final int side) {
        return namespaces[side].toString();
    }

    @Override
    public boolean isKernel() {
        return true;
    }

    @Override
    public PortBinding openLeg(
            final int side, final int vlan, final int subnet, final MacAddress mac) {
        final String name = TapTraffic.deviceName(vlan);
        final TapDevice device = TapDevice.open(name, namespaces[side]);
        device.macAddress(mac.value());
        setUp(side, vlan, subnet);
        final TapPort port = new TapPort(name, device, pool);
        return new PortBinding(port, vlan, mac, port.counters());
    }

    private void setUp(final int side, final int vlan, final int subnet) {
        try (Netlink netlink = Netlink.open(namespaces[side])) {
            final int index = netlink.link(TapTraffic.deviceName(vlan)).index();
            netlink.up(index, true);
            netlink.addAddress(
                    index,
                    TapTraffic.inetAddress(Hosts.address(side, subnet)),
                    TapTraffic.PREFIX_BITS);
        }
    }

    @Override
    public void moveLeg(final int side, final int vlan, final int subnet) {
        move(vlan, namespaces[side], elsewhere);
        move(vlan, elsewhere, namespaces[side]);
        // The kernel takes a device down and its addresses away when it moves.
        setUp(side, vlan, subnet);
    }

    private static void move(
            final int vlan, final NetworkNamespace from, final NetworkNamespace to) {
        try (Netlink netlink = Netlink.open(from)) {
            netlink.moveTo(netlink.link(TapTraffic.deviceName(vlan)).index(), to);
        }
    }

    @Override
    public CompletableFuture<Boolean> ping(final int vlan, final int subnet) {
        final List<String> command =
                List.of(
                        "nsenter",
                        "--net=" + namespaces[0].procPath(),
                        "ping",
                        "-n",
                        "-c",
                        "1",
                        "-W",
                        "1",
                        "-I",
                        TapTraffic.deviceName(vlan),
                        TapTraffic.inetAddress(Hosts.address(1, subnet)).getHostAddress());
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .start()
                    .onExit()
                    .thenApply(process -> isAnswered(command, process));
        } catch (final IOException e) {
            throw new IllegalStateException(
                    "can't run nsenter and ping: "
                            + e.getMessage()
                            + "; install util-linux and iputils-ping, or use --in-process",
                    e);
        }
    }

    /** 0: answered; 1: not answered; anything else: ping itself failed. */
    private static boolean isAnswered(final List<String> command, final Process process) {
        if (process.exitValue() > 1) {
            String output;
            try {
                output =
                        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (final IOException e) {
                output = String.valueOf(e.getMessage());
            }
            throw new IllegalStateException(
                    String.join(" ", command) + " failed: " + output.strip());
        }
        return process.exitValue() == 0;
    }

    /** The devices belong to the daemon's ports. */
    @Override
    public void close() {
        for (final NetworkNamespace namespace : namespaces) {
            namespace.close();
        }
        elsewhere.close();
    }
}
