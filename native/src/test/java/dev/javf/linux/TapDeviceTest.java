package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.libc.Libc;
import dev.javf.testing.Machine;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

class TapDeviceTest {
    private static final long OUR_MAC = 0x02_00_00_00_00_01L;
    private static final long PEER_MAC = 0x02_00_00_00_00_02L;
    private static final int OUR_IP = 0x0a000001;
    private static final int PEER_IP = 0x0a000002;
    private static final int CAPACITY = 2048;
    private static final int WAIT_MS = 30_000;

    private final MemorySegment memory = Arena.ofAuto().allocate(3 * CAPACITY);
    private NetworkNamespace namespace;

    @BeforeEach
    void makeNamespace() {
        Machine.needsTapAndNamespaces();
        namespace = NetworkNamespace.create();
    }

    @AfterEach
    void closeNamespace() {
        if (namespace != null) {
            namespace.close();
        }
    }

    @Test
    void shouldAppearInItsNamespaceAndVanishWhenClosed() {
        try (Netlink netlink = Netlink.open(namespace)) {
            try (TapDevice tap = TapDevice.open("tap-test", namespace)) {
                assertThat(tap.name()).isEqualTo("tap-test");
                assertThat(netlink.links()).extracting(Link::name).contains("tap-test");
                assertThat(namespace.call(() -> isNameFree("tap-test"))).isFalse();
                assertThat(isNameFree("tap-test")).isTrue();
            }
            assertThat(netlink.links()).extracting(Link::name).doesNotContain("tap-test");
        }
    }

    @Test
    void shouldExchangeFramesWithTheKernel() throws Exception {
        try (TapDevice tap = tapWithAddress()) {
            assertThat(tap.read(memory, 0, CAPACITY)).isZero();
            Arp.request(memory, PEER_MAC, PEER_IP, OUR_IP);
            assertThat(tap.write(memory, 0, Arp.FRAME_BYTES)).isEqualTo(Arp.FRAME_BYTES);
            awaitFrame(tap);
            final MemorySegment reply = memory.asSlice(CAPACITY, CAPACITY);
            assertThat(tap.read(memory, CAPACITY, CAPACITY)).isEqualTo(Arp.FRAME_BYTES);
            assertThat(Arp.isReply(reply, OUR_MAC, OUR_IP)).isTrue();
            assertThat(tap.read(memory, 0, CAPACITY)).isZero();
        }
    }

    @Test
    void shouldTellAFrameThatIsTooLongForTheRoom() throws Exception {
        try (TapDevice tap = tapWithAddress();
                DatagramSocket socket =
                        namespace.call(
                                () -> new DatagramSocket(new InetSocketAddress("10.0.0.1", 0)))) {
            // Broadcast needs no ARP, so that this datagram is the one frame on the wire.
            socket.setBroadcast(true);
            final byte[] payload = new byte[1000];
            final int frameBytes = 14 + 20 + 8 + payload.length;
            for (final int room : new int[] {100, frameBytes - 1, frameBytes}) {
                socket.send(datagram(payload));
                awaitFrame(tap);
                assertThat(tap.read(memory, 0, room)).isEqualTo(-Libc.EMSGSIZE());
                assertThat(tap.read(memory, 0, room)).isZero();
            }
            socket.send(datagram(payload));
            awaitFrame(tap);
            assertThat(tap.read(memory, 0, frameBytes + 1)).isEqualTo(frameBytes);
        }
    }

    @Test
    void shouldReportFramesThatTheKernelDoesNotTake() {
        try (TapDevice tap = TapDevice.open("tap-test", namespace)) {
            Arp.request(memory, PEER_MAC, PEER_IP, OUR_IP);
            assertThat(tap.write(memory, 0, Arp.FRAME_BYTES)).isEqualTo(-Libc.EIO());
            tap.up(true);
            assertThat(tap.write(memory, 0, 13)).isEqualTo(-Libc.EINVAL());
            assertThat(tap.write(memory, 0, Arp.FRAME_BYTES)).isEqualTo(Arp.FRAME_BYTES);
        }
    }

    @Test
    void shouldCheckWhereFramesGo() {
        try (TapDevice tap = TapDevice.open("tap-test", namespace)) {
            final long end = memory.byteSize();
            assertThatThrownBy(() -> tap.read(memory, end - 10, 11))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> tap.write(memory, -1, 60))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> tap.read(MemorySegment.ofArray(new byte[100]), 0, 100))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRefuseANameInUse() {
        try (TapDevice tap = TapDevice.open("tap-test", namespace)) {
            assertThatThrownBy(() -> TapDevice.open("tap-test", namespace))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("EBUSY")
                    .hasMessageEndingWith(
                            "TAP name 'tap-test' is in use; choose another or remove it: ip link"
                                    + " delete tap-test");
            assertThat(tap.name()).isEqualTo("tap-test");
        }
        assertThatThrownBy(() -> TapDevice.open("lo", namespace))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("TAP name 'lo' is in use");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "sixteen-bytes-xx", "a/b", "a b", "tap%d", "eth0:1", ".", "..", "a\tb"})
    void shouldRefuseANameThatCannotBe(final String name) {
        assertThatThrownBy(() -> TapDevice.open(name, namespace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TAP name '" + name + "' must have 1 to 15 bytes");
    }

    @Test
    void shouldTakeANameOfFifteenBytes() {
        try (TapDevice tap = TapDevice.open("fifteen-bytes-x", namespace)) {
            assertThat(tap.name()).isEqualTo("fifteen-bytes-x");
        }
    }

    @Test
    void shouldSetAddressMtuAndState() {
        try (TapDevice tap = TapDevice.open("tap-test", namespace);
                Netlink netlink = Netlink.open(namespace)) {
            assertThat(tap.isUp()).isFalse();
            assertThat(tap.mtu()).isEqualTo(1500);
            tap.macAddress(0x02_12_34_56_78_9aL);
            tap.mtu(9000);
            tap.up(true);
            assertThat(tap.macAddress()).isEqualTo(0x02_12_34_56_78_9aL);
            assertThat(tap.mtu()).isEqualTo(9000);
            assertThat(tap.isUp()).isTrue();
            final Link link = netlink.link("tap-test");
            assertThat(link.macAddress()).isEqualTo(0x02_12_34_56_78_9aL);
            assertThat(link.mtu()).isEqualTo(9000);
            assertThat(link.isUp()).isTrue();
            assertThat(link.isRunning()).isTrue();
            tap.up(false);
            assertThat(tap.isUp()).isFalse();
            assertThat(netlink.link("tap-test").isUp()).isFalse();
        }
    }

    @Test
    void shouldRefuseAddressesAndMtusThatCannotBe() {
        try (TapDevice tap = TapDevice.open("tap-test", namespace)) {
            for (final long address : new long[] {0, 0x01_00_00_00_00_00L, 1L << 48, -1L}) {
                assertThatThrownBy(() -> tap.macAddress(address))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("no unicast Ethernet address");
            }
            for (final int mtu : new int[] {67, 65_522}) {
                assertThatThrownBy(() -> tap.mtu(mtu))
                        .isInstanceOf(LinuxException.class)
                        .hasMessageContaining("SIOCSIFMTU to " + mtu)
                        .hasMessageContaining("EINVAL");
            }
        }
    }

    @Test
    void shouldAllocateNothingOnThePacketPath() throws Exception {
        try (TapDevice tap = tapWithAddress()) {
            Arp.request(memory, PEER_MAC, PEER_IP, OUR_IP);
            final Runnable traffic =
                    () -> {
                        for (int i = 0; i < 100_000; i++) {
                            if (tap.write(memory, 0, Arp.FRAME_BYTES) != Arp.FRAME_BYTES) {
                                throw new AssertionError("frame refused");
                            }
                            while (tap.read(memory, CAPACITY, CAPACITY) != Arp.FRAME_BYTES) {
                                Thread.onSpinWait();
                            }
                            if (tap.read(memory, CAPACITY, CAPACITY) != 0) {
                                throw new AssertionError("more replies than requests");
                            }
                        }
                    };
            assertThat(SteadyState.allocatedBytes(traffic)).isZero();
        }
    }

    @Test
    void shouldRefuseUseAfterClose() {
        final TapDevice tap = TapDevice.open("tap-test", namespace);
        tap.close();
        tap.close();
        assertThatThrownBy(() -> tap.read(memory, 0, CAPACITY))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(tap::mtu).isInstanceOf(IllegalStateException.class);
    }

    /** A device with an IPv4 address and no IPv6, which would speak unasked. */
    private TapDevice tapWithAddress() throws Exception {
        namespace.run(() -> {
            try (Descriptor off =
                            Descriptor.open(
                                    "/proc/sys/net/ipv6/conf/default/disable_ipv6",
                                    Libc.O_WRONLY());
                    Arena arena = Arena.ofConfined()) {
                assertThat(off.write(arena.allocateFrom("1").asSlice(0, 1))).isEqualTo(1);
            }
        });
        final TapDevice tap = TapDevice.open("tap-test", namespace);
        tap.macAddress(OUR_MAC);
        tap.up(true);
        try (Netlink netlink = Netlink.open(namespace)) {
            netlink.addAddress(
                    netlink.link("tap-test").index(), InetAddress.getByName("10.0.0.1"), 24);
        }
        return tap;
    }

    private static DatagramPacket datagram(final byte[] payload) {
        return new DatagramPacket(payload, payload.length, new InetSocketAddress("10.0.0.255", 9));
    }

    private static void awaitFrame(final TapDevice tap) {
        try (Epoll epoll = Epoll.create(1)) {
            epoll.add(tap.descriptor(), Libc.EPOLLIN(), 1);
            assertThat(epoll.poll(WAIT_MS)).isEqualTo(1);
        }
    }

    private static boolean isNameFree(final String name) {
        try (Netlink netlink = Netlink.open()) {
            return netlink.links().stream().noneMatch(link -> link.name().equals(name));
        }
    }
}
