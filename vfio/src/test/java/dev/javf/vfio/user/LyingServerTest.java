package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.testing.Seed;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaMapping;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.SplittableRandom;

/** A driver's end whose server tells lies: an error or a function that is gone, and no leak. */
class LyingServerTest {
    @TempDir private Path folder;

    private int opened;
    private int refused;

    @Test
    void shouldBelieveNoServer() {
        final UnixAddress honestAddress = new UnixAddress(folder.resolve("honest.sock").toString());
        final UnixAddress address = new UnixAddress(folder.resolve("liar.sock").toString());
        try (CopyDevice model = new CopyDevice();
                SharedMemory memory = SharedMemory.allocate("liar", 8192, PageSize.PLAIN_4K);
                EventFd eventFd = EventFd.create();
                VfioUserServer server =
                        VfioUserServer.listen(honestAddress, model, new VfioUserServer.Context())) {
            final long before = OpenDescriptors.count();
            Seed.forEach(
                    1,
                    600,
                    random -> {
                        try (LyingServer liar =
                                new LyingServer(address, server, random, random.nextInt(3, 60))) {
                            drive(address, liar, memory, eventFd, random);
                        }
                        assertThat(OpenDescriptors.count()).isEqualTo(before);
                        assertThat(OpenDescriptors.mappings("copy-device")).isEqualTo(1);
                        assertThat(OpenDescriptors.mappings("liar")).isEqualTo(1);
                        assertThat(model.dma().size()).isZero();
                    });
        }
        assertThat(opened).as("got as far as a function").isGreaterThan(100);
        assertThat(refused).as("or not").isGreaterThan(100);
    }

    private void drive(
            final UnixAddress address,
            final LyingServer liar,
            final SharedMemory memory,
            final EventFd eventFd,
            final SplittableRandom random) {
        final long[] nowNs = {0};
        final VfioUserDevice.Context context =
                new VfioUserDevice.Context()
                        .timeoutNs(100)
                        .nanoClock(() -> nowNs[0]++)
                        .idle(liar::doWork);
        try (VfioUserDevice device = VfioUserDevice.open(address, context)) {
            opened++;
            for (int i = 0; i < 20; i++) {
                use(device, memory, eventFd, random);
            }
        } catch (final LinuxException
                | IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException e) {
            refused++;
            assertThat(e).hasMessageContaining(address.toString());
        }
    }

    private static void use(
            final VfioUserDevice device,
            final SharedMemory memory,
            final EventFd eventFd,
            final SplittableRandom random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                final DmaMapping mapping = device.mapDma(memory);
                device.unmapDma(mapping);
            }
            case 1 -> device.interrupt(random.nextInt(2), eventFd);
            case 2 -> device.config().read(4 * random.nextInt(1024), 4);
            case 3 -> device.bar(0).read32(CopyDevice.SOURCE_PAGE);
            case 4 -> device.bar(0).write32(CopyDevice.SOURCE_PAGE, random.nextInt());
            default -> device.condition();
        }
    }
}
