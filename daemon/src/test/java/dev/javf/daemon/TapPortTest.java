package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.LinuxException;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** A TAP port against a real kernel, in a network namespace of its own. */
class TapPortTest {
    private static final int MTU = 1500;

    private final PacketPool pool = new PacketPool("tap-port-test", 64);
    private final PacketVector vector = new PacketVector(16);
    private NetworkNamespace namespace;
    private TapDevice tap;
    private TapPort port;

    @BeforeEach
    void open() {
        Machine.needsTapAndNamespaces();
        namespace = NetworkNamespace.create();
        namespace.run(() -> write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        tap = TapDevice.open("tap0", namespace);
        tap.mtu(MTU);
        tap.up(true);
        port = new TapPort("tap0", tap, pool);
    }

    @AfterEach
    void close() {
        if (port != null) {
            port.close();
            namespace.close();
            assertThat(pool.available()).as("no buffer is lost").isEqualTo(pool.capacity());
        }
        pool.close();
    }

    private static void write(final String file, final String text) {
        try {
            if (Files.exists(Path.of(file))) {
                Files.writeString(Path.of(file), text);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the device an address and has the kernel broadcast datagrams from it. */
    private void kernelBroadcasts(final int... payloadBytes) {
        namespace.run(() -> {
            try (Netlink netlink = Netlink.open()) {
                netlink.addAddress(netlink.link("tap0").index(), inet("10.1.2.3"), 24);
            }
            for (final int bytes : payloadBytes) {
                broadcast(bytes);
            }
        });
    }

    @Test
    void shouldReceiveWhatTheKernelSends() {
        kernelBroadcasts(100);
        assertThat(port.receive(vector)).isEqualTo(1);
        assertThat(vector.lengthBytes(0)).isEqualTo(14 + 20 + 8 + 100);
        assertThat(
                        MacAddress.readValue(
                                pool.memory(),
                                pool.bufferOffset(vector.buffer(0)) + vector.offsetBytes(0)))
                .isEqualTo(MacAddress.BROADCAST.value());
        assertThat(port.counters().rxPackets().value()).isEqualTo(1);
        assertThat(port.counters().rxBytes().value()).isEqualTo(142);
        pool.free(vector);
        assertThat(port.receive(vector)).isZero();
    }

    @Test
    void shouldGiveTheKernelWhatIsTransmitted() {
        for (int i = 0; i < 10; i++) {
            vector.add(
                    MemoryPort.frame(pool, MacAddress.BROADCAST, 0x88B5, i),
                    pool.headroomBytes(),
                    60,
                    0,
                    0,
                    0);
        }
        assertThat(port.transmit(vector)).isEqualTo(10);
        assertThat(port.counters().txPackets().value()).isEqualTo(10);
        assertThat(namespace.call(() -> statistic("rx_packets"))).isEqualTo(10);
        assertThat(namespace.call(() -> statistic("rx_bytes"))).isEqualTo(600);
    }

    private static long statistic(final String name) {
        try {
            // /proc/net is the calling thread's view; columns after the name: bytes, packets.
            for (final String line : Files.readAllLines(Path.of("/proc/thread-self/net/dev"))) {
                final String[] columns = line.strip().split("[:\\s]+", -1);
                if (columns[0].equals("tap0")) {
                    return Long.parseLong(columns["rx_bytes".equals(name) ? 1 : 2]);
                }
            }
            throw new AssertionError("no tap0");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The kernel's own datagrams, out through the device, and back into it under another name. */
    @Test
    void shouldPassFramesOfSeveralBuffers() {
        tap.mtu(9710);
        kernelBroadcasts(3000, 2048 - 42, 2049 - 42, 9682, 50);
        assertThat(port.receive(vector)).isEqualTo(5);
        final int[] lengths = {3042, 2048, 2049, 9724, 92};
        final int[] pieces = {2, 1, 2, 5, 1};
        int buffers = 0;
        for (int i = 0; i < lengths.length; i++) {
            assertThat(vector.totalBytes(i)).isEqualTo(lengths[i]);
            assertThat((vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0)
                    .isEqualTo(pieces[i] > 1);
            buffers += pieces[i];
        }
        assertThat(pool.available()).isEqualTo(pool.capacity() - buffers);
        final long bytes = port.counters().rxBytes().value();
        assertThat(bytes).isEqualTo(3042 + 2048 + 2049 + 9724 + 92);
        assertThat(port.transmit(vector)).isEqualTo(5);
        assertThat(port.counters().txErrors().value()).isZero();
        assertThat(port.counters().txBytes().value()).isEqualTo(bytes);
        assertThat(namespace.call(() -> statistic("rx_bytes"))).isEqualTo(bytes);
    }

    @Test
    void shouldDropAndCountWhatIsTooLongForItsBuffers() {
        tap.mtu(12_000);
        kernelBroadcasts(11_000, 50);
        assertThat(port.receive(vector)).as("the next one still comes").isEqualTo(1);
        assertThat(vector.lengthBytes(0)).isEqualTo(92);
        assertThat(port.counters().rxTooLong().value()).isEqualTo(1);
        pool.free(vector);
    }

    @Test
    void shouldDropAndCountWhatTheKernelRefuses() {
        vector.add(pool.allocate(), pool.headroomBytes(), 10, 0, 0, 0);
        vector.add(
                MemoryPort.frame(pool, MacAddress.BROADCAST, 0x88B5, 1),
                pool.headroomBytes(),
                60,
                0,
                0,
                0);
        assertThat(port.transmit(vector)).isEqualTo(2);
        assertThat(port.counters().txErrors().value()).as("shorter than a header").isEqualTo(1);
        assertThat(port.counters().txPackets().value()).isEqualTo(1);

        tap.up(false);
        vector.add(
                MemoryPort.frame(pool, MacAddress.BROADCAST, 0x88B5, 2),
                pool.headroomBytes(),
                60,
                0,
                0,
                0);
        assertThat(port.transmit(vector)).isEqualTo(1);
        assertThat(port.counters().txErrors().value()).as("the device is down").isEqualTo(2);
    }

    @Test
    void shouldSayThatANameIsOccupied() {
        assertThatThrownBy(() -> TapDevice.open("tap0", namespace))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("tap0")
                .hasMessageContaining("in use")
                .hasMessageContaining("ip link delete tap0");
    }

    private static InetAddress inet(final String address) {
        try {
            return InetAddress.getByName(address);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void broadcast(final int payloadBytes) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setBroadcast(true);
            socket.send(
                    new DatagramPacket(
                            new byte[payloadBytes], payloadBytes, inet("10.1.2.255"), 9));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
