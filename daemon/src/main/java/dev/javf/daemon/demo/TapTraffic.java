package dev.javf.daemon.demo;

import dev.javf.daemon.PortBinding;
import dev.javf.daemon.TapPort;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two network namespaces with a TAP device in each VLAN, and the system's ping between them. The
 * namespaces have no name: whatever happens to this process, they and their devices go with it.
 */
public final class TapTraffic implements Traffic {
    private static final Pattern ROUND_TRIP = Pattern.compile("time=([0-9.]+) ms");

    /** Of every leg's subnet. */
    public static final int PREFIX_BITS = 24;

    private static final double NS_PER_MS = 1e6;

    private final PacketPool pool;
    private final NetworkNamespace[] namespaces = new NetworkNamespace[2];

    /**
     * Two empty hosts.
     *
     * @param pool for the packets of their ports.
     * @throws dev.javf.linux.LinuxException without the privilege to make network namespaces.
     */
    TapTraffic(final PacketPool pool) {
        this.pool = pool;
        for (int side = 0; side < namespaces.length; side++) {
            namespaces[side] = newNamespace();
        }
    }

    /**
     * A host's namespace.
     *
     * @return empty, and prepared for legs in many VLANs.
     * @throws dev.javf.linux.LinuxException without the privilege to make network namespaces.
     */
    public static NetworkNamespace newNamespace() {
        final NetworkNamespace namespace = NetworkNamespace.create();
        namespace.run(TapTraffic::prepareNamespace);
        return namespace;
    }

    /**
     * Answers ARP only on the device that has the address, and speaks IPv4 only, so that what is
     * seen is the ping.
     */
    private static void prepareNamespace() {
        try {
            final Path sysctl = Path.of("/proc/sys/net");
            Files.writeString(sysctl.resolve("ipv4/conf/all/arp_ignore"), "1");
            final Path ipv6 = sysctl.resolve("ipv6/conf/default/disable_ipv6");
            if (Files.exists(ipv6)) {
                Files.writeString(ipv6, "1");
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String description() {
        return "two network namespaces with a TAP device in each VLAN, and the system's ping";
    }

    @Override
    public PortBinding openPort(final int side, final int vlan, final MacAddress mac) {
        final NetworkNamespace namespace = namespaces[side];
        final String name = deviceName(vlan);
        final TapDevice device = TapDevice.open(name, namespace);
        device.macAddress(mac.value());
        device.up(true);
        try (Netlink netlink = Netlink.open(namespace)) {
            netlink.addAddress(
                    netlink.link(name).index(),
                    inetAddress(Traffic.address(side, vlan)),
                    PREFIX_BITS);
        }
        final TapPort port = new TapPort(name, device, pool);
        return new PortBinding(port, vlan, mac, port.counters());
    }

    /**
     * The device of a leg.
     *
     * @param vlan its VLAN, 0 for untagged.
     * @return the device's name.
     */
    public static String deviceName(final int vlan) {
        return "vlan" + vlan;
    }

    /**
     * An IPv4 address.
     *
     * @param address first octet in the high byte.
     * @return the same.
     */
    public static InetAddress inetAddress(final int address) {
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(Integer.BYTES).putInt(address).array());
        } catch (final UnknownHostException e) {
            throw new AssertionError("four bytes are an IPv4 address", e);
        }
    }

    @Override
    public List<Long> ping(final int vlan, final int addressVlan, final int count)
            throws InterruptedException {
        final List<String> command =
                List.of(
                        "nsenter",
                        "--net=" + namespaces[0].procPath(),
                        "ping",
                        "-n",
                        "-c",
                        Integer.toString(count),
                        "-i",
                        "0.05",
                        "-W",
                        "1",
                        "-I",
                        deviceName(vlan),
                        Traffic.text(Traffic.address(1, addressVlan)));
        try {
            final Process ping = new ProcessBuilder(command).redirectErrorStream(true).start();
            try {
                final String output =
                        new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                final int status = ping.waitFor();
                // 0: answered; 1: not answered; anything else: ping itself failed.
                if (status > 1) {
                    throw new IllegalStateException(
                            String.join(" ", command) + " failed: " + output.strip());
                }
                return roundTripsNs(output);
            } finally {
                ping.destroyForcibly();
            }
        } catch (final IOException e) {
            throw new IllegalStateException(
                    "can't run nsenter and ping: "
                            + e.getMessage()
                            + "; install util-linux and iputils-ping, or use --in-process",
                    e);
        }
    }

    static List<Long> roundTripsNs(final String pingOutput) {
        final List<Long> roundTripsNs = new ArrayList<>();
        final Matcher matcher = ROUND_TRIP.matcher(pingOutput);
        while (matcher.find()) {
            roundTripsNs.add(Math.round(Double.parseDouble(matcher.group(1)) * NS_PER_MS));
        }
        return roundTripsNs;
    }

    /** The devices belong to the daemon's ports. */
    @Override
    public void close() {
        for (final NetworkNamespace namespace : namespaces) {
            namespace.close();
        }
    }
}
