package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.GuestPort;
import dev.javf.testing.Awaiting;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;

/**
 * Linux's own virtio_net on ports of the daemon: a guest with two network cards, each on a VF of
 * its own, in a network namespace of its own. What one sends to the other goes out by the first VF,
 * through the simulated PF's switch, and in by the second.
 */
@Tag("proof")
@Timeout(240)
class LinuxVirtioTest {
    @TempDir private Path folder;

    private @Nullable CardsOnVfs rig;

    @BeforeEach
    void needsTheLab() {
        Lab.need();
    }

    private CardsOnVfs launch(final GuestPort.Kind first, final GuestPort.Kind second)
            throws Exception {
        final CardsOnVfs launched = new CardsOnVfs(folder);
        rig = launched;
        launched.card(0, first);
        launched.card(1, second);
        return launched;
    }

    @AfterEach
    void close() {
        if (rig != null) {
            rig.close();
        }
    }

    /** Loads the driver and gives each card a namespace and an address. */
    private static void load(final Guest guest) throws InterruptedException {
        guest.run("modprobe 8021q; modprobe virtio_net");
        for (int vf = 0; vf < 2; vf++) {
            guest.run(
                    "cd /sys/bus/pci/devices/0000:00:1"
                            + vf
                            + ".0/virtio*/net/* && name=${PWD##*/} && ip netns add "
                            + vf
                            + " && ip link set $name netns "
                            + vf
                            + " name vm"
                            + vf
                            + " && ip -n "
                            + vf
                            + " link set vm"
                            + vf
                            + " up && ip -n "
                            + vf
                            + " addr add 10.1.0.1"
                            + vf
                            + "/24 dev vm"
                            + vf);
        }
    }

    private static void addVlan(final Guest guest, final int vf, final int vlan)
            throws InterruptedException {
        final String name = "v" + vlan;
        guest.run(
                String.format(
                        "ip -n %1$d link add link vm%1$d name %2$s type vlan id %3$d && ip -n %1$d"
                                + " link set %2$s up && ip -n %1$d addr add 10.0.%3$d.1%1$d/24 dev"
                                + " %2$s",
                        vf, name, vlan));
    }

    private static void ping(final Guest guest, final String address) throws InterruptedException {
        guest.run("ip netns exec 0 ping -q -c 3 -i 0.2 -w 20 " + address);
    }

    /** A stream that Linux leaves checksums and segments of to the VF; TCP finds what is wrong. */
    private static void transfer(final Guest guest) throws InterruptedException {
        assertThat(guest.run("ip netns exec 0 ethtool -k vm0"))
                .contains("tx-checksumming: on", "tcp-segmentation-offload: on");
        guest.run(
                "ip netns exec 1 iperf3 -s -1 -D && sleep 1"
                        + " && ip netns exec 0 iperf3 -c 10.1.0.11 -n 8M");
        assertThat(
                        guest.run(
                                "ip netns exec 1 awk '/^Tcp:/ { if (n) print $n;"
                                        + " for (i = 1; i <= NF; i++)"
                                        + " if ($i == \"InCsumErrors\") n = i }' /proc/net/snmp"))
                .isEqualToIgnoringWhitespace("0");
    }

    private static void unload(final Guest guest) throws InterruptedException {
        guest.run("ip netns del 0; ip netns del 1; modprobe -r virtio_net");
    }

    @Test
    void shouldBeANetworkCardToLinux() throws Exception {
        final CardsOnVfs cards = launch(GuestPort.Kind.VFIO_USER, GuestPort.Kind.VFIO_USER);
        try (Guest guest =
                Guest.boot(
                        new Guest.Context()
                                .set("VFIO_USER", cards.socket(0) + " " + cards.socket(1))
                                .arguments("-action", "reboot=reset"))) {
            load(guest);
            ping(guest, "10.1.0.11");
            assertThat(guest.run("cat /sys/bus/pci/devices/0000:00:10.0/virtio*/features").strip())
                    .as("VERSION_1, offloads, CTRL_VLAN, MQ, RING_RESET are in use")
                    .satisfies(bits -> {
                        for (final int bit :
                                List.of(
                                        0, 1, 5, 7, 8, 11, 12, 15, 17, 18, 19, 22, 28, 29, 32,
                                        40)) {
                            assertThat(bits.charAt(bit)).as("feature %d", bit).isEqualTo('1');
                        }
                    });

            transfer(guest);
            vlansAreThePfs(guest, cards);
            queuePairsChange(guest);

            unload(guest);
            cards.await(0, held -> held.vlans().isEmpty(), "let the VLANs go");
            load(guest);
            addVlan(guest, 0, 103);
            addVlan(guest, 1, 103);
            ping(guest, "10.0.103.11");
            assertThat(cards.vlans(0)).containsExactly(103);

            guest.reboot();
            cards.await(0, held -> held.vlans().isEmpty(), "let the VLANs go");
            load(guest);
            ping(guest, "10.1.0.11");
            assertThat(guest.run("dmesg")).doesNotContain("is not a head", "WARNING", "BUG:");
        }
    }

    /** QEMU shows the card and has the control queue; the daemon has the rings, in both modes. */
    @Test
    void shouldServeTheRingsOfQemusCards() throws Exception {
        final CardsOnVfs cards =
                launch(GuestPort.Kind.VHOST_USER, GuestPort.Kind.VHOST_USER_SERVER);
        try (Guest guest =
                Guest.boot(
                        new Guest.Context()
                                .arguments("-action", "reboot=reset")
                                .arguments(cards.vhostUser(0, ",server=on"))
                                .arguments(cards.vhostUser(1, "")))) {
            load(guest);
            ping(guest, "10.1.0.11");
            transfer(guest);
            // No front-end hands the guest's VLAN requests on: all of the trunk's are the port's.
            cards.await(
                    0, held -> held.vlans().size() == CardsOnVfs.TRUNK.size(), "the trunk's VLANs");
            cards.await(
                    1, held -> held.vlans().size() == CardsOnVfs.TRUNK.size(), "the trunk's VLANs");
            addVlan(guest, 0, 103);
            addVlan(guest, 1, 103);
            ping(guest, "10.0.103.11");
            queuePairsChange(guest);

            unload(guest);
            load(guest);
            ping(guest, "10.1.0.11");

            guest.reboot();
            load(guest);
            ping(guest, "10.1.0.11");
            assertThat(guest.run("dmesg")).doesNotContain("is not a head", "WARNING", "BUG:");
        }
    }

    /**
     * The back-end is killed under traffic; QEMU waits for the next one, and the guest goes on. No
     * command is given in between: what comes back comes by itself. QEMU doesn't know where packed
     * rings are then, and says where they began; they show it themselves.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", ",packed=on"})
    void shouldGoOnAfterTheBackEndWasKilled(final String rings) throws Exception {
        final String socket = folder.resolve("echo.sock").toString();
        EchoProcess backEnd = new EchoProcess(socket);
        try (Guest guest =
                Guest.boot(
                        new Guest.Context()
                                .arguments(CardsOnVfs.vhostUser(0, socket, ",server=on", rings)))) {
            guest.run(
                    "modprobe virtio_net; cd /sys/bus/pci/devices/0000:00:10.0/virtio*/net/*"
                            + " && ip link set ${PWD##*/} up name vm0"
                            + " && ip addr add 10.9.0.1/24 dev vm0"
                            + " && ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:99 dev vm0");
            // Everything comes back to the card, though to nobody.
            guest.run("ping -q -i 0.05 10.9.0.2 >/dev/null 2>&1 &");
            for (int i = 0; i < 3; i++) {
                awaitReceived(guest, received(guest) + 20);
                backEnd.close();
                backEnd = new EchoProcess(socket);
            }
            awaitReceived(guest, received(guest) + 20);
            assertThat(guest.run("dmesg")).doesNotContain("is not a head", "WARNING", "BUG:");
        } finally {
            backEnd.close();
        }
    }

    private static long received(final Guest guest) throws InterruptedException {
        return Long.parseLong(guest.run("cat /sys/class/net/vm0/statistics/rx_packets").strip());
    }

    private static void awaitReceived(final Guest guest, final long wanted)
            throws InterruptedException {
        Awaiting.until("packets to come", () -> received(guest), count -> count >= wanted);
    }

    private void vlansAreThePfs(final Guest guest, final CardsOnVfs cards) throws Exception {
        for (final int vlan : List.of(100, 101, 102)) {
            addVlan(guest, 0, vlan);
            addVlan(guest, 1, vlan);
            ping(guest, "10.0." + vlan + ".11");
        }
        assertThat(cards.vlans(0)).containsExactly(100, 101, 102);
        assertThat(cards.vlans(1)).containsExactly(100, 101, 102);
        guest.run("ip -n 0 link del v101");
        assertThat(cards.vlans(0)).containsExactly(100, 102);
        // Not the port's: Linux makes the device all the same, and says that it won't work.
        guest.attempt("ip -n 0 link add link vm0 name v200 type vlan id 200");
        assertThat(cards.vlans(0)).containsExactly(100, 102);
        assertThat(guest.run("dmesg")).contains("Failed to add VLAN ID 200");
    }

    private void queuePairsChange(final Guest guest) throws Exception {
        for (final int pairs : List.of(1, 2, 1, 2)) {
            guest.run("ip netns exec 0 ethtool -L vm0 combined " + pairs);
            ping(guest, "10.1.0.11");
        }
    }
}
