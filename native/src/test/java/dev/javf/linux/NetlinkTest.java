package dev.javf.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

class NetlinkTest {
    private NetworkNamespace namespace;
    private TapDevice tap;
    private Netlink netlink;

    @BeforeEach
    void makeDevice() {
        Machine.needsTapAndNamespaces();
        namespace = NetworkNamespace.create();
        tap = TapDevice.open("device", namespace);
        netlink = Netlink.open(namespace);
    }

    @AfterEach
    void close() {
        if (netlink != null) {
            netlink.close();
            tap.close();
            namespace.close();
        }
    }

    @Test
    void shouldListTheDevicesOfItsNamespaceOnly() {
        assertThat(netlink.links()).extracting(Link::name).contains("lo", "device");
        try (Netlink ours = Netlink.open()) {
            assertThat(ours.links()).extracting(Link::name).doesNotContain("device");
        }
    }

    @Test
    void shouldListMoreDevicesThanOneAnswerHolds() {
        final List<TapDevice> taps = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                taps.add(TapDevice.open("many" + i, namespace));
            }
            assertThat(netlink.links()).extracting(Link::name).contains("many0", "many99");
            assertThat(netlink.links()).hasSizeGreaterThanOrEqualTo(102);
        } finally {
            taps.forEach(TapDevice::close);
        }
    }

    @Test
    void shouldBringADeviceUpAndDown() {
        final int index = netlink.link("device").index();
        netlink.up(index, true);
        assertThat(netlink.link("device").isUp()).isTrue();
        assertThat(tap.isUp()).isTrue();
        netlink.up(index, false);
        assertThat(tap.isUp()).isFalse();
    }

    @Test
    void shouldSetAddressAndMtu() {
        final int index = netlink.link("device").index();
        netlink.macAddress(index, 0x02_00_00_aa_bb_ccL);
        netlink.mtu(index, 1280);
        assertThat(tap.macAddress()).isEqualTo(0x02_00_00_aa_bb_ccL);
        assertThat(tap.mtu()).isEqualTo(1280);
        assertThat(netlink.link("device"))
                .isEqualTo(
                        new Link(
                                index,
                                "device",
                                netlink.link("device").flags(),
                                1280,
                                0x02_00_00_aa_bb_ccL));
    }

    @Test
    void shouldAddAddressesOfBothFamilies() throws Exception {
        final int index = netlink.link("device").index();
        netlink.up(index, true);
        final InetAddress v4 = InetAddress.getByName("192.0.2.1");
        final InetAddress v6 = InetAddress.getByName("2001:db8::1");
        netlink.addAddress(index, v4, 24);
        netlink.addAddress(index, v6, 64);
        assertThat(namespace.<Boolean>call(() -> canBind(v4))).isTrue();
        assertThat(namespace.<Boolean>call(() -> canBind(v6))).isTrue();
        assertThat(canBind(v4)).isFalse();
        assertThat(canBind(v6)).isFalse();
        assertThatThrownBy(() -> netlink.addAddress(index, v4, 24))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("RTM_NEWADDR 192.0.2.1/24 for device " + index)
                .hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> netlink.addAddress(index, v4, 33))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prefix of 192.0.2.1 must be 0..32, is 33");
    }

    @Test
    void shouldMoveADeviceToAnotherNamespace() {
        try (NetworkNamespace other = NetworkNamespace.create();
                Netlink there = Netlink.open(other)) {
            netlink.moveTo(netlink.link("device").index(), other);
            assertThat(there.link("device").isUp()).isFalse();
            assertThat(netlink.links()).extracting(Link::name).doesNotContain("device");
            assertThatThrownBy(tap::mtu)
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("ENODEV");
        }
    }

    @Test
    void shouldReportADeviceThatIsNotThere() {
        assertThatThrownBy(() -> netlink.link("nothing"))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("RTM_GETLINK of 'nothing' failed: ENODEV (19)");
        assertThatThrownBy(() -> netlink.link("x".repeat(2000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must have 1 to 15 bytes");
        assertThatThrownBy(() -> netlink.up(4711, true))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("device 4711: up failed: ENODEV");
    }

    @Test
    void shouldAddTheKernelsExplanation() {
        final int index = netlink.link("device").index();
        assertThatThrownBy(() -> netlink.mtu(index, 70_000))
                .isInstanceOf(LinuxException.class)
                .hasMessage(
                        "RTM_NEWLINK of device "
                                + index
                                + ": mtu 70000 failed: EINVAL (22), Invalid argument; mtu greater"
                                + " than device maximum");
        // The next request is not confused by the refused one.
        assertThat(netlink.link("device").mtu()).isEqualTo(1500);
    }

    /** Only a local address can be bound to, and an IPv6 address only once it is of use. */
    private static boolean canBind(final InetAddress address) {
        try (DatagramSocket socket = new DatagramSocket(0, address)) {
            return socket.isBound();
        } catch (final SocketException e) {
            return false;
        }
    }
}
