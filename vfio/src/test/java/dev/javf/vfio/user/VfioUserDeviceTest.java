package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.IommuFault;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDeviceCondition;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@link CopyDevice} served on a socket and driven through it, all on one thread. */
class VfioUserDeviceTest {
    @TempDir private Path folder;

    private final CopyDevice model = new CopyDevice();
    private final List<String> reports = new ArrayList<>();
    private final List<AutoCloseable> closeables = new ArrayList<>(List.of(model));

    @AfterEach
    void close() throws Exception {
        for (final AutoCloseable closeable : closeables.reversed()) {
            closeable.close();
        }
    }

    private UnixAddress address() {
        return new UnixAddress(folder.resolve("vf0.sock").toString());
    }

    private VfioUserServer serve() {
        final VfioUserServer server =
                VfioUserServer.listen(
                        address(), model, new VfioUserServer.Context().report(reports::add));
        closeables.add(server);
        return server;
    }

    private VfioUserDevice open(final VfioUserServer server) {
        final VfioUserDevice device =
                VfioUserDevice.open(
                        address(), new VfioUserDevice.Context().idle(() -> server.doWork()));
        closeables.add(device);
        return device;
    }

    private SharedMemory allocate(final long lengthBytes) {
        final SharedMemory memory =
                SharedMemory.allocate("vfio-user-test", lengthBytes, PageSize.PLAIN_4K);
        closeables.add(memory);
        return memory;
    }

    private EventFd eventFd() {
        final EventFd eventFd = EventFd.create();
        closeables.add(eventFd);
        return eventFd;
    }

    @Test
    void shouldGiveADeviceRegistersMemoryAndInterrupts() {
        final VfioUserDevice device = open(serve());
        final SharedMemory memory = allocate(8192);
        final EventFd eventFd = eventFd();

        final DmaMapping mapping = device.mapDma(memory);
        memory.segment().setString(0, "hello, device");
        device.config().enableBusMaster();
        device.interrupt(1, eventFd);
        device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
        assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE))
                .as("a posted write comes before a later read")
                .isEqualTo((int) (mapping.iova() >>> 12));
        device.bar(0).memory(CopyDevice.LENGTH_DOORBELL, 4).set(ValueLayout.JAVA_INT, 0, 14);
        model.doWork();

        assertThat(memory.segment().getString(4096)).isEqualTo("hello, device");
        assertThat(eventFd.drain()).isEqualTo(1);
        assertThat(device.bar(0).read32(CopyDevice.COPIES)).isEqualTo(1);
        assertThat(device.bar(0).read32(CopyDevice.COPIES)).as("read clears").isZero();
        device.unmapDma(mapping);
        assertThat(model.dma().size()).isZero();
        assertThat(model.dma().faults()).isEmpty();
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.PRESENT);
    }

    @Test
    void shouldShowTheConfigurationSpace() {
        final VfioUserDevice device = open(serve());
        for (int offset = 0; offset < PciConfigSpace.LENGTH_BYTES; offset += 4) {
            assertThat(device.config().read(offset, 4))
                    .as("offset " + offset)
                    .isEqualTo(model.config().read(offset, 4));
        }
        device.config().write(0x10, 4, -1);
        assertThat(device.config().read(0x10, 4)).isEqualTo(-CopyDevice.BAR_BYTES | 0xC);
        assertThat(device.config().read(PciConfigSpace.DEVICE_ID, 1)).isEqualTo(2);
        assertThatThrownBy(() -> device.config().read(4095, 2))
                .hasMessageContaining("no access at 0xfff with 2 bytes");
    }

    @Test
    void shouldMapOneFileOnceHoweverOftenItIsMapped() {
        final VfioUserDevice device = open(serve());
        final SharedMemory memory = allocate(8192);
        final DmaMapping first = device.mapDma(memory);
        final DmaMapping second = device.mapDma(memory);
        assertThat(second.iova()).isNotEqualTo(first.iova());
        assertThat(OpenDescriptors.mappings("vfio-user-test")).as("ours, theirs").isEqualTo(2);
        device.unmapDma(first);
        assertThat(OpenDescriptors.mappings("vfio-user-test")).isEqualTo(2);
        device.unmapDma(second);
        assertThat(OpenDescriptors.mappings("vfio-user-test")).isEqualTo(1);
        assertThat(device.mapDma(memory).iova()).as("used again").isEqualTo(first.iova());
    }

    @Test
    void shouldFaultOnMemoryThatIsNotMappedOrCannotBeReached() {
        final VfioUserDevice device = open(serve());
        final SharedMemory memory = allocate(8192);
        device.config().enableBusMaster();
        final DmaMapping mapping = device.mapDma(memory.segment());
        device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
        device.bar(0).read32(CopyDevice.SOURCE_PAGE);
        device.bar(0).write32(CopyDevice.LENGTH_DOORBELL, 14);
        model.doWork();
        device.unmapDma(mapping);
        device.bar(0).write32(CopyDevice.LENGTH_DOORBELL, 14);
        model.doWork();
        assertThat(model.dma().faults())
                .as("without a file, and the server won't ask; and unmapped")
                .containsExactly(
                        new IommuFault("copy", mapping.iova(), 8192, "copy"),
                        new IommuFault("copy", mapping.iova(), 8192, "copy"));
    }

    @Test
    void shouldResetOnDemandAndByTheConfigurationSpace() {
        final VfioUserDevice device = open(serve());
        device.config().enableBusMaster();
        device.bar(0).write32(CopyDevice.SOURCE_PAGE, 7);
        device.reset();
        assertThat(model.resets()).isEqualTo(1);
        assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isZero();
        assertThat(model.config().isBusMaster()).isFalse();

        final int deviceControl = 0x48;
        device.config().write(deviceControl, 2, 0x8000);
        assertThat(model.resets()).as("bit 15 of DevCtl").isEqualTo(2);
    }

    @Test
    void shouldTellWhenTheFunctionIsWantedBackOrHasFailed() {
        final VfioUserServer server = serve();
        final VfioUserDevice device = open(server);
        server.reportError();
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.ERROR);
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.PRESENT);
        server.requestRelease();
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.RELEASE_REQUESTED);
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.RELEASE_REQUESTED);
    }

    @Test
    void shouldLeaveNothingBehind() {
        final VfioUserServer server = serve();
        final SharedMemory memory = allocate(8192);
        final EventFd eventFd = eventFd();
        final long before = OpenDescriptors.count();
        for (int i = 1; i <= 20; i++) {
            final VfioUserDevice device = open(server);
            device.mapDma(memory);
            device.interrupt(0, eventFd);
            device.interrupt(1, eventFd);
            assertThat(server.isConnected()).isTrue();
            device.close();
            assertThat(model.dma().size()).as("unmapped before close returns").isZero();
            server.doWork();
            assertThat(server.isConnected()).isFalse();
            assertThat(server.connections()).isEqualTo(i);
            assertThat(model.vector(0)).isNull();
            assertThat(model.vector(1)).isNull();
            assertThat(OpenDescriptors.count()).isEqualTo(before);
            assertThat(OpenDescriptors.mappings("vfio-user-test")).isEqualTo(1);
            assertThat(OpenDescriptors.mappings("copy-device")).isEqualTo(1);
        }
        assertThat(reports.getFirst())
                .isEqualTo(
                        "copy at "
                                + address()
                                + ": client of process "
                                + ProcessHandle.current().pid()
                                + " connected");
        assertThat(reports.get(1)).endsWith(": client is gone: the peer has closed");
    }

    @Test
    void shouldBeGoneWhenTheServerIs() {
        final VfioUserServer server = serve();
        final VfioUserDevice device = open(server);
        final SharedMemory memory = allocate(8192);
        final DmaMapping mapping = device.mapDma(memory);
        server.close();

        assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isEqualTo(-1);
        device.bar(0).write32(CopyDevice.SOURCE_PAGE, 5);
        assertThat(device.config().read(PciConfigSpace.VENDOR_ID, 2)).isEqualTo(0xFFFF);
        device.config().write(PciConfigSpace.COMMAND, 2, 6);
        device.reset();
        device.interrupt(0, null);
        device.unmapDma(mapping);
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.GONE);
        assertThatThrownBy(() -> device.mapDma(memory))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("vfio-user:" + address() + " is gone: ");
        final EventFd eventFd = eventFd();
        assertThatThrownBy(() -> device.interrupt(0, eventFd))
                .isInstanceOf(IllegalStateException.class);
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldBeGoneWhenTheServerDoesNotAnswerInTime() {
        final VfioUserServer server = serve();
        final long[] nowNs = {0};
        final boolean[] isStuck = {false};
        final VfioUserDevice device =
                VfioUserDevice.open(
                        address(),
                        new VfioUserDevice.Context()
                                .timeoutNs(3_000_000_000L)
                                .nanoClock(() -> nowNs[0])
                                .idle(() -> {
                                    nowNs[0] += 1_000_000;
                                    if (!isStuck[0]) {
                                        server.doWork();
                                    }
                                }));
        closeables.add(device);
        assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isZero();
        isStuck[0] = true;
        final long startNs = nowNs[0];
        assertThat(device.bar(0).read32(CopyDevice.SOURCE_PAGE)).isEqualTo(-1);
        assertThat(nowNs[0] - startNs).isEqualTo(3_000_000_000L);
        assertThat(device.condition()).isEqualTo(PciDeviceCondition.GONE);
        assertThatThrownBy(() -> device.mapDma(allocate(4096)))
                .hasMessage(
                        device.name()
                                + " is gone: it doesn't answer within 3000 ms; open it again");
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThatThrownBy(() -> VfioUserDevice.open(address(), new VfioUserDevice.Context()))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining(address().toString())
                .hasMessageContaining("ENOENT");
        final VfioUserServer server = serve();
        final VfioUserDevice device = open(server);
        assertThatThrownBy(() -> device.bar(1)).hasMessageEndingWith(" has no memory region 1");
        assertThatThrownBy(() -> device.bar(0).memory(CopyDevice.SOURCE_PAGE, 4))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageEndingWith(
                        "region 0 can't be mapped at 0x1000, its registers have effects");
        assertThatThrownBy(() -> device.interrupt(2, null))
                .hasMessageEndingWith(" has no interrupt vector 2, only 0 to 1");
        assertThatThrownBy(() -> device.unmapDma(new DmaMapping(allocate(4096).segment(), 4096)))
                .hasMessageEndingWith(": nothing is mapped at 0x1000");
        assertThatThrownBy(() -> open(server))
                .as("one client at a time")
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the server is gone");
        assertThat(reports.getLast()).endsWith("refused another client: one is connected");
        assertThat(device.condition())
                .as("the first isn't harmed")
                .isEqualTo(PciDeviceCondition.PRESENT);
    }

    @Test
    void shouldTakeANewClientWhenTheOldOneHasGoneUnnoticed() {
        final VfioUserServer server = serve();
        final VfioUserDevice first = open(server);
        first.bar(0).write32(CopyDevice.SOURCE_PAGE, 5);
        first.close();
        final VfioUserDevice second = open(server);
        assertThat(second.bar(0).read32(CopyDevice.SOURCE_PAGE)).isZero();
        assertThat(server.connections()).isEqualTo(2);
    }
}
