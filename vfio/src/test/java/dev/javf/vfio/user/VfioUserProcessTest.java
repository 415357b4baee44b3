package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciDeviceCondition;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/** Server and driver in two processes, either of which is killed. */
@Timeout(60)
class VfioUserProcessTest {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();

    @TempDir private Path folder;

    private UnixAddress address() {
        return new UnixAddress(folder.resolve("vf0.sock").toString());
    }

    @Test
    void shouldSurviveTheServersDeathAndFindTheNextOne() throws Exception {
        final long before = OpenDescriptors.count();
        for (int round = 0; round < 2; round++) {
            try (CopyDeviceProcess process = CopyDeviceProcess.start("serve", address());
                    SharedMemory memory =
                            SharedMemory.allocate("process-test", 8192, PageSize.PLAIN_4K);
                    EventFd eventFd = EventFd.create()) {
                process.awaitReady();
                try (VfioUserDevice device =
                        VfioUserDevice.open(address(), new VfioUserDevice.Context())) {
                    copy(device, memory, eventFd);
                    process.kill();
                    while (device.condition() != PciDeviceCondition.GONE) {
                        Thread.onSpinWait();
                    }
                    assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isEqualTo(-1);
                }
            }
            assertThat(OpenDescriptors.count()).isEqualTo(before);
        }
    }

    private static void copy(
            final VfioUserDevice device, final SharedMemory memory, final EventFd eventFd) {
        final DmaMapping mapping = device.mapDma(memory);
        device.config().enableBusMaster();
        device.interrupt(1, eventFd);
        for (int i = 0; i < 100; i++) {
            final String text = "round " + i;
            memory.segment().setString(0, text);
            device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
            assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isNotZero();
            // The doorbell is memory of both processes: no message tells of it.
            WORD.setRelease(device.bar(0).memory(CopyDevice.LENGTH_DOORBELL, 4), 0L, 32);
            while (eventFd.drain() == 0) {
                Thread.onSpinWait();
            }
            assertThat(memory.segment().getString(4096)).isEqualTo(text);
        }
        assertThat(device.bar(0).read32(CopyDevice.COPIES)).isEqualTo(100);
    }

    @Test
    void shouldLetGoOfADriverThatWasKilled() throws Exception {
        try (CopyDevice model = new CopyDevice();
                VfioUserServer server =
                        VfioUserServer.listen(address(), model, new VfioUserServer.Context())) {
            final long before = OpenDescriptors.count();
            for (int round = 1; round <= 2; round++) {
                try (CopyDeviceProcess process = CopyDeviceProcess.start("drive", address())) {
                    while (model.vector(1) == null && process.isAlive()) {
                        server.doWork();
                    }
                    assertThat(model.dma().size()).isEqualTo(1);
                    process.kill();
                    while (server.isConnected()) {
                        server.doWork();
                    }
                }
                assertThat(model.resets()).isEqualTo(round);
                assertThat(model.dma().size()).isZero();
                assertThat(model.vector(1)).isNull();
                assertThat(OpenDescriptors.mappings("driver")).isZero();
                assertThat(OpenDescriptors.count()).isEqualTo(before);
            }
        }
    }
}
