package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.GuestPort;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.PortCounters;
import dev.javf.packet.MacAddress;
import dev.javf.virtio.net.NetCounters;
import dev.javf.virtio.net.VirtioPort;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;

/**
 * A machine whose UEFI firmware (OVMF) drives the card with its own virtio driver and network stack
 * before Linux does, as when it is told to boot from the network: the firmware uses one queue pair
 * and resets the card when the kernel takes over; Linux uses several, and the next start of the
 * machine finds the card as that left it.
 */
@Tag("proof")
@Timeout(400)
class FirmwareTest {
    private static final int PEER = 10 << 24 | 1 << 16 | 11;

    /** Asks for an address, which nobody gives, and then takes one and pings. */
    private static final String FIRMWARE =
            """
            connect -r
            ifconfig -s eth0 dhcp
            stall 2000000
            ifconfig -s eth0 static 10.1.0.10 255.255.255.0 10.1.0.11
            ping -n 3 10.1.0.11\
            """;

    private static final String LINUX =
            "modprobe virtio_net && cd /sys/bus/pci/devices/0000:00:10.0/virtio*/net/*"
                    + " && ip link set ${PWD##*/} up name vm0 && ip addr add 10.1.0.10/24 dev vm0"
                    + " && ping -q -c 3 -i 0.2 -w 20 10.1.0.11";

    @TempDir private Path folder;

    @BeforeEach
    void needsTheLab() {
        Lab.needFirmware();
    }

    @ParameterizedTest
    @EnumSource(names = {"VFIO_USER", "VHOST_USER"})
    void shouldServeFirmwareAndThenLinux(final GuestPort.Kind kind) throws Exception {
        try (CardsOnVfs cards = new CardsOnVfs(folder)) {
            final PortBinding card = cards.card(0, kind);
            final NetCounters counters = ((VirtioPort) card.port()).device().counters();
            final MacAddress mac = cards.vfMac(1);
            final FirmwarePeer peer =
                    new FirmwarePeer(mac, PEER, CardsOnVfs.MACS.get(0), cards.pool());
            cards.port(1, new PortBinding(peer, 0, mac, new PortCounters()));
            final Guest.Context context =
                    new Guest.Context()
                            .set("FIRMWARE", FIRMWARE)
                            .set("TIMEOUT", "300")
                            .arguments("-action", "reboot=reset");
            if (kind == GuestPort.Kind.VFIO_USER) {
                context.set("VFIO_USER", cards.socket(0));
            } else {
                context.arguments(cards.vhostUser(0, ",server=on"));
            }
            try (Guest guest = Guest.boot(context)) {
                drive(guest, peer, counters, 0, 0);
                final int discoveries = peer.discoveries();
                final long starts = counters.starts().value();
                guest.reboot();
                drive(guest, peer, counters, discoveries, starts);
            }
            assertThat(counters.needsReset().value()).isZero();
        }
    }

    private static void drive(
            final Guest guest,
            final FirmwarePeer peer,
            final NetCounters counters,
            final int discoveriesBefore,
            final long startsBefore)
            throws InterruptedException {
        assertThat(guest.firmwareOutput()).contains("3 packets transmitted, 3 received");
        assertThat(peer.discoveries()).isGreaterThan(discoveriesBefore);
        final long starts = counters.starts().value();
        assertThat(starts).as("the firmware's driver was ready").isGreaterThan(startsBefore);
        assertThat(counters.ready().value()).as("it has given the card back").isZero();

        guest.run(LINUX);
        assertThat(counters.starts().value()).as("Linux's driver is").isGreaterThan(starts);
        assertThat(counters.ready().value()).isEqualTo(1);
        assertThat(counters.queuePairs().value()).as("one for each CPU").isEqualTo(2);
        assertThat(guest.run("dmesg")).doesNotContain("is not a head", "WARNING", "BUG:");
    }
}
