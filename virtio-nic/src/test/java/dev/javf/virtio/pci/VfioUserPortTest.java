package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A poller's loop is all that the port needs. */
class VfioUserPortTest {
    private static final long FEATURES =
            Feature.maskOf(
                    Feature.VERSION_1, Feature.MAC, Feature.MRG_RXBUF, Feature.CTRL_VQ, Feature.MQ);

    private static final int GUEST_BYTES = 16 << 20;

    @TempDir private Path folder;

    @Test
    void shouldServeOneMachineAfterTheOther() {
        final UnixAddress address = new UnixAddress(folder.resolve("vm.sock").toString());
        final List<String> reports = new ArrayList<>();
        try (PacketPool pool = new PacketPool("vfio-user-port", 64);
                VfioUserPort port =
                        new VfioUserPort(
                                address,
                                false,
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
                        SharedMemory.allocate("vfio-user-port-vm", GUEST_BYTES, PageSize.PLAIN_4K);
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

    /** A machine on a port, whose memory can be taken away. */
    private final class Machine implements AutoCloseable {
        final VfioUserPort port;
        final PacketVector vector = new PacketVector();
        private final SharedMemory guest;
        private final VfioUserDevice device;
        final VirtioDriver driver;

        private final Path file;

        Machine(final String name, final PacketPool pool, final List<String> reports)
                throws IOException {
            final UnixAddress address = new UnixAddress(folder.resolve(name).toString());
            port =
                    new VfioUserPort(
                            address,
                            true,
                            NetSettings.access(name, NicRig.MAC),
                            pool,
                            new RecordedNetwork(),
                            () -> 0,
                            reports::add);
            // A file that anybody can shrink, as QEMU's memory-backend-file has.
            file = Files.createTempFile(Path.of("/dev/shm"), "javf-" + name, "");
            setLength(GUEST_BYTES);
            try (Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDWR())) {
                guest = SharedMemory.map(descriptor, 0, GUEST_BYTES);
            }
            device =
                    VfioUserDevice.open(
                            address, new VfioUserDevice.Context().idle(() -> work(port, vector)));
            driver =
                    new VirtioDriver(
                            device,
                            new GuestMemory(device.mapDma(guest)),
                            () -> work(port, vector));
            driver.initialize(FEATURES);
        }

        private void setLength(final long lengthBytes) throws IOException {
            try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
                opened.setLength(lengthBytes);
            }
        }

        /** Whether a frame goes round. */
        boolean isServed(final PacketPool pool) {
            driver.transmit(0, Frames.of(500, 1));
            poll(port, vector);
            final int taken = port.transmit(vector);
            pool.free(vector);
            return taken == 1 && driver.receive(0).size() == 1;
        }

        @Override
        public void close() {
            driver.close();
            device.close();
            port.close();
            guest.close();
            assertThat(file.toFile().delete()).isTrue();
        }
    }

    /**
     * A machine's pages go while the poller is about to read packets, to write one, or to serve the
     * control queue: that machine loses its connection, the poller and the others go on.
     */
    @ParameterizedTest
    @ValueSource(strings = {"receive", "transmit", "control"})
    void shouldOutliveMemoryThatIsTakenAway(final String access) throws IOException {
        final List<String> reports = new ArrayList<>();
        try (PacketPool pool = new PacketPool("vfio-user-port", 64);
                Machine hostile = new Machine("hostile", pool, reports);
                Machine other = new Machine("other", pool, reports)) {
            assertThat(hostile.isServed(pool)).isTrue();
            assertThat(other.isServed(pool)).isTrue();
            hostile.setLength(0);
            if (access.equals("transmit")) {
                hostile.vector.add(pool.allocate(), pool.headroomBytes(), 60, 0, 0, 0);
                assertThat(hostile.port.transmit(hostile.vector)).isZero();
            } else if (access.equals("receive")) {
                assertThat(hostile.port.receive(hostile.vector)).isZero();
            } else {
                for (int i = 0; i < 2000; i++) {
                    hostile.port.doWork();
                }
            }
            assertThat(reports.getLast())
                    .startsWith("hostile at ")
                    .endsWith("it has taken away pages of the memory that it had mapped");
            assertThat(hostile.port.function().dma().size()).isZero();
            assertThat(hostile.port.receive(hostile.vector)).isZero();
            pool.free(hostile.vector);
            assertThat(other.isServed(pool)).isTrue();
            assertThat(pool.available()).isEqualTo(pool.capacity());
        }
    }
}
