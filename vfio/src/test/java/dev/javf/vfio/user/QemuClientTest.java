package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;
import dev.javf.vfio.wire.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the vfio-user client of QEMU 11.1 was seen to do, one test for each thing that a server has
 * to know: messages, flags and numbers are those of its trace.
 */
class QemuClientTest {
    private static final int CONFIG = 7;
    private static final int ERR = 3;
    private static final int MSIX = 2;
    private static final int ALL_READABLE_BYTES = 4096;
    private static final int EVENTFD_TRIGGER = IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER;
    private static final int REPLY = 1;
    private static final int ERROR_REPLY = 0x21;
    private static final long PAGE = 4096;

    @TempDir private Path folder;

    private final CopyDevice model = new CopyDevice();
    private final DmaCursor cursor = new DmaCursor(model.dma());
    private final SharedMemory memory =
            SharedMemory.allocate("qemu-client", 512 * PAGE, PageSize.PLAIN_4K);
    private UnixAddress address = new UnixAddress("unset");
    private VfioUserServer server;
    private RawClient client;

    @BeforeEach
    void connect() {
        memory.seal();
        address = new UnixAddress(folder.resolve("vf0.sock").toString());
        server =
                VfioUserServer.listen(
                        address,
                        model,
                        new VfioUserServer.Context().remoteDmaTimeoutNs(1_000_000_000L));
        client = RawClient.negotiated(server, address);
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        memory.close();
        model.close();
    }

    private int config(final int offset, final int widthBytes) {
        final MemorySegment payload = client.read(CONFIG, offset, widthBytes).payload();
        return widthBytes == 1
                ? Byte.toUnsignedInt(payload.get(ValueLayout.JAVA_BYTE, RegionAccess.LENGTH_BYTES))
                : payload.get(Wire.U32, RegionAccess.LENGTH_BYTES);
    }

    private void writeConfig(final int offset, final int value) {
        final RawClient.Answer answer =
                client.write(
                        CONFIG,
                        offset,
                        (byte) value,
                        (byte) (value >>> 8),
                        (byte) (value >>> 16),
                        (byte) (value >>> 24));
        assertThat(answer.errno()).isZero();
    }

    private static void map(
            final MemorySegment payload, final long offset, final long iova, final long size) {
        new DmaMapMessage(DmaMapMessage.LENGTH_BYTES, 3, offset, iova, size).encode(payload);
    }

    @Test
    void shouldAnswerVersionWithinItsOwnLengthAndTheTerminator() {
        client.close();
        server.doWork();
        client = new RawClient(server, address);
        final RawClient.Answer answer = client.version(RawClient.QEMU_VERSION);
        assertThat(answer.header().sizeBytes()).isLessThanOrEqualTo(0xD6);
        final long last = answer.payload().byteSize() - 1;
        assertThat(answer.payload().get(ValueLayout.JAVA_BYTE, last)).isZero();
    }

    @Test
    void shouldNotOfferWriteMultipleSoThatItIsNeverSent() {
        client.close();
        server.doWork();
        client = new RawClient(server, address);
        final RawClient.Answer answer = client.version(RawClient.QEMU_VERSION);
        assertThat(VersionMessage.decode(answer.payload()).json()).doesNotContain("write_multiple");
        assertThat(client.ask(Command.REGION_WRITE_MULTI, 16, payload -> {}).errno())
                .isEqualTo(Libc.EOPNOTSUPP());
    }

    @Test
    void shouldTakeMappingsBeforeAnyQuestionAndWithoutWaitForTheirAnswers() {
        final int count = 8;
        for (int i = 0; i < count; i++) {
            final long at = i * PAGE;
            final MemorySegment message =
                    client.message(
                            Command.DMA_MAP.code(),
                            0,
                            DmaMapMessage.LENGTH_BYTES,
                            payload -> map(payload, at, at, PAGE));
            client.send(message, List.of(memory.descriptor()));
        }
        int lastId = 0;
        for (int i = 0; i < count; i++) {
            final RawClient.Answer answer = client.receive();
            assertThat(answer.errno()).isZero();
            assertThat(answer.header().id()).as("in order").isGreaterThan(lastId);
            lastId = answer.header().id();
        }
        assertThat(model.dma().size()).isEqualTo(count);
        assertThat(
                        client.ask(Command.DEVICE_GET_INFO, 16, new DeviceInfo(16, 0, 0, 0)::encode)
                                .errno())
                .isZero();
    }

    @Test
    void shouldAnswerWhatIsAskedWhenAMachineStarts() {
        final RawClient.Answer info =
                client.ask(Command.DEVICE_GET_INFO, 16, new DeviceInfo(16, 0, 0, 0)::encode);
        assertThat(DeviceInfo.decode(info.payload()).flags())
                .isEqualTo(DeviceInfo.RESET | DeviceInfo.PCI);
        for (final int region : new int[] {0, 1, 2, 3, 4, 5, 7}) {
            assertThat(
                            client.ask(
                                            Command.DEVICE_GET_REGION_INFO,
                                            32,
                                            new RegionInfo(32, 0, region, 0, 0, 0)::encode)
                                    .errno())
                    .isZero();
        }
        final RawClient.Answer error =
                client.ask(Command.DEVICE_GET_IRQ_INFO, 16, new IrqInfo(16, 0, ERR, 0)::encode);
        assertThat(IrqInfo.decode(error.payload()).count()).isEqualTo(1);
        assertThat(client.read(CONFIG, 0, ALL_READABLE_BYTES).header().payloadBytes())
                .isEqualTo(RegionAccess.LENGTH_BYTES + ALL_READABLE_BYTES);
    }

    @Test
    void shouldHaveNoRomWhenItsSizeIsAsked() {
        final int rom = 0x30;
        final int before = config(rom, 4);
        writeConfig(rom, 0xFFFFF800);
        assertThat(config(rom, 4)).as("no bit sticks").isZero();
        writeConfig(rom, before);
        assertThat(config(rom, 4)).isZero();
        assertThat(config(0x3D, 1)).as("no interrupt pin").isZero();
    }

    @Test
    void shouldTellRegionsSizesByConfigWrites() {
        writeConfig(0x10, -1);
        writeConfig(0x14, -1);
        assertThat(config(0x10, 4)).isEqualTo(-CopyDevice.BAR_BYTES | 0xC);
        assertThat(config(0x14, 4)).isEqualTo(-1);
        writeConfig(0x10, 0xFE000000);
        writeConfig(0x14, 0);
        assertThat(config(0x10, 4)).isEqualTo(0xFE00000C);
        assertThat(config(0x14, 4)).isZero();
    }

    @Test
    void shouldAnswerWithIdCommandAndFlagsOfAReply() {
        final RawClient.Answer good = client.read(CONFIG, 0, 4);
        assertThat(good.header().flags()).isEqualTo(REPLY);
        final RawClient.Answer bad = client.read(CONFIG, ALL_READABLE_BYTES, 4);
        assertThat(bad.header().flags()).isEqualTo(ERROR_REPLY);
        assertThat(bad.header().errno()).isEqualTo(Libc.EINVAL());
    }

    @Test
    void shouldFindDescriptorsThatComeWithTheFirstBytesOfAMessage() {
        final MemorySegment message =
                client.message(
                        Command.DMA_MAP.code(),
                        0,
                        DmaMapMessage.LENGTH_BYTES,
                        payload -> map(payload, 0, 0, PAGE));
        client.send(message.asSlice(0, Header.LENGTH_BYTES), List.of(memory.descriptor()));
        assertThat(client.isSilent()).isTrue();
        client.send(message.asSlice(Header.LENGTH_BYTES), List.of());
        assertThat(client.receive().errno()).isZero();
        assertThat(cursor.select(0, PAGE)).isTrue();
    }

    @Test
    void shouldReachRomsThatComeWithoutFileByAsking() {
        assertThat(client.dmaMap(1, 0, 0xFFFC0000L, 0x40000).errno()).isZero();
        assertThat(cursor.selectReadable(0xFFFC0000L, 4)).isFalse();
        assertThat(model.dma().isMapped(0xFFFC0000L, 0x40000)).isTrue();
        assertThat(cursor.write(0xFFFC0000L, memory.segment(), 0, 4)).as("read only").isFalse();
        // Who answers is in RemoteDmaTest.
    }

    @Test
    void shouldMapTheLowMegabyteAgainAndAgain() {
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(3, 0, 0, 512 * PAGE, file).errno()).isZero();
        for (int i = 0; i < 3; i++) {
            assertThat(client.dmaUnmap(0, 0, 512 * PAGE).errno()).isZero();
            assertThat(client.dmaMap(3, 0, 0, 0xC0000, file).errno()).isZero();
            assertThat(client.dmaMap(1, 0xC0000, 0xC0000, 0x20000, file).errno()).isZero();
            assertThat(client.dmaMap(3, 0xE0000, 0xE0000, 0x120000, file).errno()).isZero();
            assertThat(client.dmaUnmap(0, 0, 512 * PAGE).errno()).isZero();
            assertThat(client.dmaMap(3, 0, 0, 512 * PAGE, file).errno()).isZero();
        }
        assertThat(model.dma().size()).isEqualTo(1);
    }

    @Test
    void shouldUnmapEverythingInsideARangeOfWhateverSize() {
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(3, 0, 0x100000, PAGE, file).errno()).isZero();
        assertThat(client.dmaMap(3, 0, 0x200000, PAGE, file).errno()).isZero();
        for (long size = 1L << 62; size >= 1L << 32; size >>>= 1) {
            assertThat(client.dmaUnmap(0, size, size).errno()).as("nothing there").isZero();
        }
        assertThat(client.dmaUnmap(0, 0, 1L << 32).errno()).isZero();
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldUnmapUpToTheEndOfSixtyFourBits() {
        assertThat(client.dmaMap(3, 0, 0xFEF00000L, PAGE, memory.descriptor()).errno()).isZero();
        assertThat(client.dmaUnmap(0, 0xFEF00000L, 0xFFFFFFFF01100000L).errno()).isZero();
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldMapAFileOnceForAGuestsHugePageInSmallOnes() {
        final int count = 512;
        for (int i = 0; i < count; i++) {
            // In another order than in the file: pages of a process of the guest's.
            final long offset = (i * 37L % count) * PAGE;
            assertThat(client.dmaMap(3, offset, i * PAGE, PAGE, memory.descriptor()).errno())
                    .isZero();
        }
        assertThat(model.dma().size()).isEqualTo(count);
        assertThat(OpenDescriptors.mappings("qemu-client")).as("ours and theirs").isEqualTo(2);
        assertThat(client.dmaUnmap(0, 0, count * PAGE).errno()).isZero();
        assertThat(OpenDescriptors.mappings("qemu-client")).as("ours").isEqualTo(1);
    }

    @Test
    void shouldPassDoorbellsOnlyWhenThereIsRoomForTheCapability() {
        final RawClient.Answer first =
                client.ask(
                        Command.DEVICE_GET_REGION_INFO,
                        32,
                        new RegionInfo(32, 0, 0, 0, 0, 0)::encode);
        final RegionInfo small = RegionInfo.decode(first.payload());
        assertThat(small.flags() & RegionInfo.CAPS).isZero();
        assertThat(first.descriptors()).isEmpty();
        final RawClient.Answer second =
                client.ask(
                        Command.DEVICE_GET_REGION_INFO,
                        32,
                        new RegionInfo(small.argsz(), 0, 0, 0, 0, 0)::encode);
        assertThat(RegionInfo.decode(second.payload()).flags()).isEqualTo(0xF);
        assertThat(second.descriptors()).hasSize(1);
        second.descriptors().forEach(Descriptor::close);
    }

    @Test
    void shouldNotAnswerPostedWritesAndKeepTheirOrder() {
        for (int i = 1; i <= 3; i++) {
            final byte page = (byte) i;
            final MemorySegment posted =
                    client.message(
                            Command.REGION_WRITE.code(),
                            Header.NO_REPLY,
                            RegionAccess.LENGTH_BYTES + 4,
                            payload ->
                                    RawClient.encodeWrite(
                                            payload,
                                            0,
                                            CopyDevice.SOURCE_PAGE,
                                            new byte[] {page, 0, 0, 0}));
            client.send(posted, List.of());
        }
        final RawClient.Answer answer = client.read(0, CopyDevice.SOURCE_PAGE, 4);
        assertThat(answer.payload().get(Wire.U32, RegionAccess.LENGTH_BYTES)).isEqualTo(3);
    }

    @Test
    void shouldAnswerConfigWrites() {
        assertThat(client.write(CONFIG, PciConfigSpace.COMMAND, (byte) 6, (byte) 0).errno())
                .isZero();
        assertThat(model.config().isBusMaster()).isTrue();
    }

    @Test
    void shouldTakeAVectorWithoutEventFdAndThenEachWithItsOwn() {
        assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1).errno()).isZero();
        final List<EventFd> eventFds = new ArrayList<>();
        for (int vector = 0; vector < model.interruptVectors(); vector++) {
            final EventFd eventFd = EventFd.create();
            eventFds.add(eventFd);
            assertThat(
                            client.setIrqs(EVENTFD_TRIGGER, MSIX, vector, 1, eventFd.descriptor())
                                    .errno())
                    .isZero();
            final EventFd given = model.vector(vector);
            assertThat(given).isNotNull();
            if (given != null) {
                given.signal();
            }
            assertThat(eventFd.drain()).isEqualTo(1);
        }
        assertThat(client.setIrqs(0x21, MSIX, 0, 0).errno()).as("disable").isZero();
        assertThat(model.vector(1)).isNull();
        eventFds.forEach(EventFd::close);
    }

    @Test
    void shouldTellErrorsByTheEventFdOfTheErrIndex() {
        try (EventFd eventFd = EventFd.create()) {
            assertThat(client.setIrqs(EVENTFD_TRIGGER, ERR, 0, 1, eventFd.descriptor()).errno())
                    .isZero();
            server.reportError();
            assertThat(eventFd.drain()).isEqualTo(1);
        }
    }

    @Test
    void shouldResetTheFunctionByDeviceControlToo() {
        final int pcie = capability(0x10);
        final int control = model.config().read(pcie + 8, 2);
        final RawClient.Answer answer =
                client.write(CONFIG, pcie + 8, (byte) control, (byte) (control >>> 8 | 0x80));
        assertThat(answer.errno()).isZero();
        assertThat(model.resets()).isEqualTo(1);
        assertThat(model.config().read(pcie + 8, 2) & 0x8000).as("reads 0").isZero();
    }

    private int capability(final int id) {
        int at = config(0x34, 1);
        while (at != 0 && config(at, 1) != id) {
            at = config(at + 1, 1);
        }
        assertThat(at).isNotZero();
        return at;
    }

    @Test
    void shouldBearAMachinesReset() {
        writeConfig(PciConfigSpace.COMMAND, 6);
        writeConfig(PciConfigSpace.COMMAND, 0);
        assertThat(client.ask(Command.DEVICE_RESET, 0, payload -> {}).errno()).isZero();
        for (int bar = 0x10; bar < 0x28; bar += 4) {
            writeConfig(bar, 0);
        }
        assertThat(model.resets()).isEqualTo(1);
        assertThat(model.config().isBusMaster()).isFalse();
        assertThat(config(0x10, 4)).isEqualTo(0xC);
    }

    @Test
    void shouldServeTheNextMachineAsIfItWereTheFirst() {
        for (int i = 0; i < 20; i++) {
            assertThat(client.dmaMap(3, 0, 0, PAGE, memory.descriptor()).errno()).isZero();
            writeConfig(PciConfigSpace.COMMAND, 6);
            client.close();
            server.doWork();
            assertThat(model.dma().size()).isZero();
            assertThat(model.config().isBusMaster()).isFalse();
            client = RawClient.negotiated(server, address);
        }
        assertThat(server.connections()).isEqualTo(21);
    }
}
