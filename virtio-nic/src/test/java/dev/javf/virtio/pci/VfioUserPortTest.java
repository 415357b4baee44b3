package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.ControlPath;
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VirtioDriver;
import dev.javf.virtio.net.NetSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A poller's loop is all that the port needs. */
class VfioUserPortTest {
    private static final long FEATURES =
            Feature.maskOf(
                    Feature.VERSION_1, Feature.MAC, Feature.MRG_RXBUF, Feature.CTRL_VQ, Feature.MQ);

    @TempDir private Path folder;

    @Test
    void shouldServeOneMachineAfterTheOther() {
        final UnixAddress address = new UnixAddress(folder.resolve("vm.sock").toString());
        final List<String> reports = new ArrayList<>();
        try (PacketPool pool = new PacketPool("vfio-user-port", 64);
                VfioUserPort port =
                        new VfioUserPort(
                                address,
                                NetSettings.access("vm0", NicRig.MAC),
                                pool,
                                new RecordedNetwork(),
                                () -> 0,
                                reports::add)) {
            for (int machine = 1; machine <= 3; machine++) {
                serve(port, address, pool);
                // Lets go of what the machine has left behind.
                poll(port, new PacketVector());
                assertThat(port.function().status()).isZero();
                assertThat(port.function().dma().size()).isZero();
                assertThat(pool.available()).isEqualTo(pool.capacity());
            }
            assertThat(reports).filteredOn(line -> line.contains("connected")).isNotEmpty();
            assertThat(reports).noneMatch(line -> line.contains("driver:"));
        }
    }

    private static void serve(
            final VfioUserPort port, final UnixAddress address, final PacketPool pool) {
        final PacketVector vector = new PacketVector();
        try (SharedMemory guest =
                        SharedMemory.allocate("vfio-user-port-vm", 16 << 20, PageSize.PLAIN_4K);
                VfioUserDevice device =
                        VfioUserDevice.open(
                                address,
                                new VfioUserDevice.Context().idle(() -> work(port, vector)));
                VirtioDriver driver =
                        new VirtioDriver(
                                device,
                                new GuestMemory(device.mapDma(guest)),
                                () -> work(port, vector))) {
            driver.initialize(FEATURES);
            assertThat(driver.control().pairs(4)).isEqualTo(ControlPath.OK);
            for (int pair = 0; pair < 4; pair++) {
                driver.transmit(pair, Frames.of(1514, pair));
            }
            poll(port, vector);
            assertThat(vector.size()).isEqualTo(4);
            assertThat(port.transmit(vector)).isEqualTo(4);
            assertThat(driver.receive(0)).hasSize(4);
        }
        pool.free(vector);
    }

    private static void poll(final VfioUserPort port, final PacketVector vector) {
        for (int i = 0; i < 200; i++) {
            work(port, vector);
        }
    }

    /** What a poller does in a duty cycle. */
    private static void work(final VfioUserPort port, final PacketVector vector) {
        port.doWork();
        port.receive(vector);
    }
}
