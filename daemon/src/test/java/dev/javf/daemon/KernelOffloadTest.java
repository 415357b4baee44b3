package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.simulated.SimulatedDaemon;
import dev.javf.daemon.simulated.SimulatedDaemonContext;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedDelays;
import dev.javf.testing.Machine;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The kernel's own TCP by way of two VFs that do its checksums and segmentation. */
class KernelOffloadTest {
    private static final int MTU = 1500;
    private static final int FRAME_BYTES_MAX = MTU + 14;
    private static final int BYTES = 8_000_000;
    private static final int PATIENCE_S = 60;
    private static final int PORT = 7000;

    /** The receiving kernel computes the checksum of every segment that the VF has made. */
    @ParameterizedTest
    @CsvSource({"true, 4", "false, 4", "true, 6", "false, 6"})
    void shouldCarryTheKernelsTcp(final boolean bothSides, final int version) throws Exception {
        Machine.needsTapAndNamespaces();
        try (SimulatedDaemon system =
                        new SimulatedDaemonContext()
                                .threads(true)
                                .simulator(pf -> pf.delays(SimulatedDelays.NONE))
                                .functions(
                                        settings -> settings.maxFrameBytes(FRAME_BYTES_MAX),
                                        settings -> settings.maxFrameBytes(FRAME_BYTES_MAX))
                                .launch();
                NetworkNamespace left = NetworkNamespace.create();
                NetworkNamespace right = NetworkNamespace.create()) {
            final TapPort sender = attach(system, system.left(), left, true, address(version, 1));
            final TapPort receiver =
                    attach(system, system.right(), right, bothSides, address(version, 2));
            final byte[] content = new byte[BYTES];
            new SplittableRandom(version).nextBytes(content);

            assertThat(transfer(left, right, address(version, 2), content)).isEqualTo(content);

            // Far fewer packets than segments: the VF has cut them.
            final long packets = sender.counters().rxPackets().value();
            final long bytes = sender.counters().rxBytes().value();
            assertThat(bytes).isGreaterThan(BYTES);
            assertThat(bytes / packets).as("bytes of a packet").isGreaterThan(2 * FRAME_BYTES_MAX);
            assertThat(receiver.counters().txPackets().value())
                    .as("segments")
                    .isGreaterThan(BYTES / MTU);
            assertThat(sender.counters().rxErrors().value()).isZero();
            assertThat(receiver.counters().txErrors().value()).isZero();
            for (final NetworkNamespace namespace : List.of(left, right)) {
                assertThat(snmp(namespace, "Tcp", "InCsumErrors")).isZero();
                assertThat(snmp(namespace, "Tcp", "InErrs")).isZero();
            }
        }
    }

    private static String address(final int version, final int host) {
        return version == 4 ? "10.9.8." + host : "fd00:9:8::" + host;
    }

    private static TapPort attach(
            final SimulatedDaemon system,
            final FunctionClient function,
            final NetworkNamespace namespace,
            final boolean withOffloads,
            final String address) {
        final MacAddress mac = system.mac(function);
        final TapDevice tap = TapDevice.open("tap0", namespace, withOffloads);
        tap.macAddress(mac.value());
        tap.mtu(MTU);
        tap.up(true);
        try (Netlink netlink = Netlink.open(namespace)) {
            netlink.addAddress(
                    netlink.link("tap0").index(), inet(address), address.contains(":") ? 64 : 24);
        }
        final TapPort port =
                new TapPort(
                        function.name(),
                        tap,
                        system.daemon().packetPool(),
                        new PortCounters(),
                        FRAME_BYTES_MAX);
        if (address.contains(":")) {
            // Neighbour discovery asks at the solicited-node address (RFC 4291, 2.7.1).
            final MacAddress solicited =
                    MacAddress.of("33:33:ff:00:00:0" + address.charAt(address.length() - 1));
            final CompletableFuture<Boolean> added = new CompletableFuture<>();
            system.await(
                    function.ask(vf -> {
                        vf.addMac(
                                solicited,
                                (settled, installed, reason) -> added.complete(installed));
                        return solicited;
                    }));
            assertThat(system.await(added)).isTrue();
        }
        system.up(function, new PortBinding(port, 0, mac, port.counters()));
        return port;
    }

    /** Sends from one namespace to the other; returns what has arrived. */
    private static byte[] transfer(
            final NetworkNamespace from,
            final NetworkNamespace to,
            final String address,
            final byte[] content)
            throws Exception {
        try (ServerSocket server = to.call(() -> listen(address))) {
            server.setSoTimeout(PATIENCE_S * 1000);
            final CompletableFuture<byte[]> received =
                    CompletableFuture.supplyAsync(() -> receive(server));
            try (Socket socket = from.call(() -> connect(address));
                    OutputStream out = socket.getOutputStream()) {
                out.write(content);
            }
            return received.get(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    private static ServerSocket listen(final String address) {
        try {
            return new ServerSocket(PORT, 1, inet(address));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Socket connect(final String address) {
        final Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(inet(address), PORT), PATIENCE_S * 1000);
            return socket;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] receive(final ServerSocket server) {
        try (Socket socket = server.accept();
                InputStream in = socket.getInputStream()) {
            socket.setSoTimeout(PATIENCE_S * 1000);
            return in.readAllBytes();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InetAddress inet(final String address) {
        return InetAddress.ofLiteral(address);
    }

    /** A counter of the kernel's, as /proc/net/snmp names it. */
    private static long snmp(
            final NetworkNamespace namespace, final String protocol, final String counter) {
        final List<String> lines =
                namespace.call(() -> {
                    try {
                        return Files.readAllLines(Path.of("/proc/thread-self/net/snmp"));
                    } catch (final IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        final List<String[]> rows =
                lines.stream()
                        .filter(line -> line.startsWith(protocol + ":"))
                        .map(line -> line.split(" ", -1))
                        .toList();
        return Long.parseLong(rows.getLast()[List.of(rows.getFirst()).indexOf(counter)]);
    }
}
