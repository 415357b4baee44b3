package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.OpenFile;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;
import dev.javf.vfio.wire.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a server answers to messages of every kind, in the orders that QEMU sends them. */
class VfioUserServerTest {
    private static final int EINVAL = Libc.EINVAL();
    private static final int MSIX = 2;
    private static final int ERR = 3;
    private static final int REQ = 4;
    private static final int CONFIG = 7;
    private static final int EVENTFD_TRIGGER = IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER;

    @TempDir private Path folder;

    private final CopyDevice model = new CopyDevice();
    private final DmaCursor cursor = new DmaCursor(model.dma());
    private final List<String> reports = new ArrayList<>();
    private final SharedMemory memory =
            SharedMemory.allocate("server-test", 16 * 4096, PageSize.PLAIN_4K);
    private UnixAddress address = new UnixAddress("unset");
    private VfioUserServer server;
    private RawClient client;
    private long descriptorsBefore;

    @BeforeEach
    void open() {
        memory.seal();
        address = new UnixAddress(folder.resolve("vf0.sock").toString());
        descriptorsBefore = OpenDescriptors.count();
        server =
                VfioUserServer.listen(
                        address, model, new VfioUserServer.Context().report(reports::add));
        client = RawClient.negotiated(server, address);
    }

    @AfterEach
    void close() {
        client.close();
        server.doWork();
        assertThat(server.isConnected()).isFalse();
        server.close();
        assertThat(OpenDescriptors.count()).as("descriptors left").isEqualTo(descriptorsBefore);
        assertThat(OpenDescriptors.mappings("server-test")).as("ours only").isEqualTo(1);
        assertThat(model.dma().size()).isZero();
        memory.close();
        model.close();
    }

    private RawClient reconnect() {
        client.close();
        server.doWork();
        client = new RawClient(server, address);
        return client;
    }

    @Test
    void shouldAnswerVersionInTheRoomThatTheClientHas() {
        final RawClient.Answer full = reconnect().version(RawClient.QEMU_VERSION);
        final VersionMessage answer = VersionMessage.decode(full.payload());
        assertThat(answer.major()).isZero();
        assertThat(answer.minor()).isZero();
        assertThat(answer.json())
                .isEqualTo(
                        "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,"
                                + "\"max_dma_maps\":65535,\"pgsizes\":4096}}");
        assertThat(full.header().sizeBytes()).isLessThanOrEqualTo(214);

        for (final String json : List.of("", "{}", "{\"capabilities\":{}}")) {
            final VersionMessage question = new VersionMessage(0, 0, json);
            final RawClient.Answer shorter = reconnect().version(json);
            assertThat(shorter.errno()).isZero();
            assertThat(shorter.header().payloadBytes())
                    .isLessThanOrEqualTo(question.payloadBytes())
                    .isEqualTo(VersionMessage.NUMBERS_BYTES);
        }
        final VersionMessage later = new VersionMessage(0, 7, "");
        final RawClient.Answer lower =
                reconnect().ask(Command.VERSION, later.payloadBytes(), later::encode);
        assertThat(VersionMessage.decode(lower.payload()).minor()).isZero();
    }

    @Test
    void shouldCutOffWhoDoesNotSpeakTheProtocol() {
        for (final String json :
                List.of(
                        "{",
                        "[]",
                        "{\"capabilities\":3}",
                        "{\"capabilities\":{\"max_msg_fds\":-1}}")) {
            assertThat(reconnect().version(json).errno()).as(json).isEqualTo(EINVAL);
            assertThat(client.isClosedByServer()).as(json).isTrue();
        }
        final VersionMessage next = new VersionMessage(1, 0, "");
        final RawClient.Answer other =
                reconnect().ask(Command.VERSION, next.payloadBytes(), next::encode);
        assertThat(other.errno()).isEqualTo(EINVAL);
        assertThat(client.isClosedByServer()).isTrue();

        assertThat(reconnect().read(0, 0, 4).errno()).as("before VERSION").isEqualTo(EINVAL);
        assertThat(client.isClosedByServer()).isTrue();
        assertThat(reports.getLast())
                .endsWith("client is gone: the first message wasn't a VERSION 0.x");

        final VersionMessage unterminated = new VersionMessage(0, 0, "{}");
        final RawClient.Answer refused =
                reconnect()
                        .ask(
                                Command.VERSION,
                                VersionMessage.NUMBERS_BYTES + 2,
                                payload -> payload.set(ValueLayout.JAVA_BYTE, 4, (byte) '{'));
        assertThat(refused.errno()).as(unterminated.json()).isEqualTo(EINVAL);
        assertThat(client.isClosedByServer()).isTrue();

        assertThat(RawClient.negotiated(server, address)).isNotNull().satisfies(c -> c.close());
    }

    @Test
    void shouldRefuseASecondVersionAndGoOn() {
        assertThat(client.version("").errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, CopyDevice.COPIES, 4).errno()).isZero();
    }

    @Test
    void shouldDescribeTheDevice() {
        final RawClient.Answer answer =
                client.ask(Command.DEVICE_GET_INFO, 16, new DeviceInfo(16, 0, 0, 0)::encode);
        assertThat(DeviceInfo.decode(answer.payload())).isEqualTo(new DeviceInfo(16, 3, 9, 5));
        for (int region = 0; region < 9; region++) {
            final RegionInfo info = regionInfo(region, 32);
            final int size =
                    region == 0
                            ? CopyDevice.BAR_BYTES
                            : region == CONFIG ? PciConfigSpace.LENGTH_BYTES : 0;
            final int flags = size == 0 ? 0 : region == 0 ? 7 : 3;
            final int argsz = region == 0 ? 64 : 32;
            assertThat(info).isEqualTo(new RegionInfo(argsz, flags, region, 0, size, 0));
        }
        for (int index = 0; index < 5; index++) {
            final int count = index == MSIX ? 2 : index == ERR || index == REQ ? 1 : 0;
            final RawClient.Answer irq =
                    client.ask(
                            Command.DEVICE_GET_IRQ_INFO, 16, new IrqInfo(16, 0, index, 0)::encode);
            assertThat(IrqInfo.decode(irq.payload()))
                    .isEqualTo(new IrqInfo(16, count == 0 ? 0 : 9, index, count));
        }
    }

    private RegionInfo regionInfo(final int index, final int argsz) {
        final RawClient.Answer answer =
                client.ask(
                        Command.DEVICE_GET_REGION_INFO,
                        32,
                        new RegionInfo(argsz, 0, index, 0, 0, 0)::encode);
        assertThat(answer.errno()).isZero();
        assertThat(answer.descriptors()).isEmpty();
        return RegionInfo.decode(answer.payload());
    }

    @Test
    void shouldPassTheDoorbellsWithTheSecondQuestion() {
        final int argsz = regionInfo(0, 32).argsz();
        final RawClient.Answer answer =
                client.ask(
                        Command.DEVICE_GET_REGION_INFO,
                        32,
                        new RegionInfo(argsz, 0, 0, 0, 0, 0)::encode);
        final RegionInfo info = RegionInfo.decode(answer.payload());
        assertThat(info).isEqualTo(new RegionInfo(64, 0xF, 0, 32, CopyDevice.BAR_BYTES, 0));
        assertThat(info.decodeAreas(answer.payload()))
                .containsExactly(new SparseMmap.Area(0, 4096));
        assertThat(answer.descriptors()).hasSize(1);
        try (Descriptor file = answer.descriptors().getFirst();
                SharedMemory mapped = SharedMemory.map(file, 0, 4096)) {
            assertThat(OpenFile.of(file).seals() & Libc.F_SEAL_SHRINK())
                    .as("a client can't take it away")
                    .isNotZero();
            mapped.segment().set(ValueLayout.JAVA_INT, CopyDevice.LENGTH_DOORBELL, 17);
            assertThat(model.readBar32(0, CopyDevice.LENGTH_DOORBELL)).isEqualTo(17);
        }
    }

    @Test
    void shouldReadAndWriteRegionsInAnyWidth() {
        model.writeBar32(0, CopyDevice.SOURCE_PAGE, 0x04030201);
        for (int count = 0; count <= 8; count++) {
            for (int offset = 0; offset <= 8 - count; offset++) {
                final RawClient.Answer answer =
                        client.read(0, CopyDevice.SOURCE_PAGE - 4 + offset, count);
                assertThat(RegionAccess.decode(answer.payload()).count()).isEqualTo(count);
                for (int i = 0; i < count; i++) {
                    final int at = offset + i;
                    assertThat(answer.payload().get(ValueLayout.JAVA_BYTE, 16L + i))
                            .isEqualTo((byte) (at < 4 ? 0 : at - 3));
                }
            }
        }
        assertThat(client.write(0, CopyDevice.SOURCE_PAGE, (byte) 5, (byte) 6).errno())
                .as("a narrow write to a 32-bit register")
                .isEqualTo(EINVAL);
        assertThat(client.write(0, CopyDevice.SOURCE_PAGE, new byte[] {5, 6, 7, 8}).errno())
                .isZero();
        assertThat(model.readBar32(0, CopyDevice.SOURCE_PAGE)).isEqualTo(0x08070605);

        final RawClient.Answer config = client.read(CONFIG, 0, PciConfigSpace.LENGTH_BYTES);
        assertThat(config.payload().get(Wire.U32, 16)).isEqualTo(0x00020001);
        assertThat(client.write(CONFIG, 0x11, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF).errno())
                .isZero();
        assertThat(model.config().read(0x10, 4)).isEqualTo(-CopyDevice.BAR_BYTES | 0xC);
    }

    @Test
    void shouldRefuseAccessesOutsideARegion() {
        assertThat(client.read(0, CopyDevice.BAR_BYTES, 1).errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, CopyDevice.BAR_BYTES - 3, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, -1, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, Long.MIN_VALUE, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, 0, -1).errno()).isEqualTo(EINVAL);
        assertThat(client.read(0, 0, Integer.MAX_VALUE).errno()).isEqualTo(EINVAL);
        assertThat(client.read(1, 0, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(6, 0, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(9, 0, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(-1, 0, 4).errno()).isEqualTo(EINVAL);
        assertThat(client.read(CONFIG, 4096, 1).errno()).isEqualTo(EINVAL);
        assertThat(client.write(0, CopyDevice.BAR_BYTES, new byte[4]).errno()).isEqualTo(EINVAL);
        final RawClient.Answer lying =
                client.ask(
                        Command.REGION_WRITE,
                        20,
                        new RegionAccess(CopyDevice.SOURCE_PAGE, 0, 8)::encode);
        assertThat(lying.errno()).as("a count that isn't the data's").isEqualTo(EINVAL);
    }

    @Test
    void shouldNotAnswerWhatIsNotToBeAnswered() {
        final byte[] data = {1, 2, 3, 4};
        final MemorySegment posted =
                client.message(
                        Command.REGION_WRITE.code(),
                        Header.NO_REPLY,
                        20,
                        payload -> RawClient.encodeWrite(payload, 0, CopyDevice.SOURCE_PAGE, data));
        client.send(posted, List.of());
        final MemorySegment wrong = client.message(99, Header.NO_REPLY, 3, payload -> {});
        client.send(wrong, List.of());
        assertThat(client.isSilent()).as("not even with an error").isTrue();
        assertThat(model.readBar32(0, CopyDevice.SOURCE_PAGE)).isEqualTo(0x04030201);
        assertThat(client.read(0, CopyDevice.SOURCE_PAGE, 4).errno()).isZero();
    }

    @Test
    void shouldSayWhatItCannotDo() {
        for (final Command command :
                List.of(
                        Command.DEVICE_GET_REGION_IO_FDS,
                        Command.DMA_READ,
                        Command.DMA_WRITE,
                        Command.REGION_WRITE_MULTI,
                        Command.DEVICE_FEATURE,
                        Command.MIG_DATA_READ,
                        Command.MIG_DATA_WRITE)) {
            assertThat(client.ask(command, 16, payload -> {}).errno())
                    .as(command.toString())
                    .isEqualTo(Libc.EOPNOTSUPP());
        }
        for (final int unknown : new int[] {0, 14, 19, 0xFFFF}) {
            assertThat(client.ask(unknown, 0, 0, payload -> {}, List.of()).errno())
                    .isEqualTo(EINVAL);
        }
    }

    @Test
    void shouldRefuseLengthsThatAreNotExact() {
        for (final Command command :
                List.of(
                        Command.DMA_MAP,
                        Command.DMA_UNMAP,
                        Command.DEVICE_GET_INFO,
                        Command.DEVICE_GET_REGION_INFO,
                        Command.DEVICE_GET_IRQ_INFO,
                        Command.DEVICE_SET_IRQS,
                        Command.REGION_READ,
                        Command.REGION_WRITE,
                        Command.DEVICE_RESET)) {
            for (final int length : new int[] {1, 3, 15, 17, 19, 21, 23, 25, 31, 33, 100}) {
                final RawClient.Answer answer =
                        client.ask(
                                command,
                                length,
                                payload -> {
                                    payload.fill((byte) 0);
                                    if (length > 4) {
                                        payload.set(Wire.U32, 0, length);
                                    }
                                });
                assertThat(answer.errno()).as(command + " with " + length).isEqualTo(EINVAL);
            }
        }
        assertThat(model.resets()).isZero();
    }

    @Test
    void shouldMapAndUnmapAsTheFirmwareOfAMachineDoes() {
        // SeaBIOS maps all, then splits the low megabyte several times.
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(3, 0, 0, 0x10000, file).errno()).isZero();
        assertThat(client.dmaMap(1, 0, 0xFFFC0000L, 0x40000).errno()).as("ROM").isZero();
        assertThat(client.dmaMap(3, 0, 0x8000, 0x1000, file).errno())
                .as("overlap")
                .isEqualTo(Libc.EEXIST());
        assertThat(client.dmaUnmap(0, 0, 0x10000).errno()).isZero();
        assertThat(client.dmaMap(3, 0, 0, 0x8000, file).errno()).isZero();
        assertThat(client.dmaMap(1, 0x8000, 0x8000, 0x4000, file).errno()).isZero();
        assertThat(client.dmaMap(3, 0xC000, 0xC000, 0x4000, file).errno()).isZero();
        assertThat(OpenDescriptors.mappings("server-test")).as("theirs once").isEqualTo(2);

        memory.segment().set(ValueLayout.JAVA_INT, 0x8010, 77);
        assertThat(cursor.select(0x8010, 4)).as("read only").isFalse();
        assertThat(cursor.selectReadable(0x8010, 4)).isTrue();
        assertThat(cursor.memory().get(ValueLayout.JAVA_INT, cursor.offset())).isEqualTo(77);
        assertThat(cursor.select(0xC000, 0x4000)).isTrue();
        cursor.memory().set(ValueLayout.JAVA_INT, cursor.offset(), 78);
        assertThat(memory.segment().get(ValueLayout.JAVA_INT, 0xC000)).isEqualTo(78);
        assertThat(cursor.selectReadable(0xFFFC0000L, 4)).as("no file").isFalse();

        // A guest with an IOMMU: everything, in powers of two and up to 2^64.
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).as("cuts one").isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0, 0xFEE00000L).errno()).isZero();
        assertThat(model.dma().size()).isEqualTo(1);
        assertThat(client.dmaUnmap(0, 0xFEF00000L, 0xFFFFFFFF01100000L).errno()).isZero();
        assertThat(model.dma().size()).isZero();
        assertThat(client.dmaUnmap(0, 0x1000, 0x1000).errno()).as("nothing there").isZero();
        assertThat(OpenDescriptors.mappings("server-test")).isEqualTo(1);

        assertThat(client.dmaMap(3, 0, -0x10000L, 0x10000, file).errno()).as("at the end").isZero();
        assertThat(cursor.select(-1, 1)).isTrue();
        assertThat(client.dmaUnmap(DmaUnmapMessage.ALL, 0, 0).errno()).isZero();
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldRefuseMappingsThatMakeNoSense() {
        final Descriptor file = memory.descriptor();
        assertThat(client.dmaMap(0, 0, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(4, 0, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0x10, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0x10, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x1010, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x11000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0xF000, 0, 0x2000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, -0x1000, 0, 0x1000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, -0x1000, 0x2000, file).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, Long.MIN_VALUE).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaMap(3, 0, 0, 0x1000, file, file).errno()).isEqualTo(EINVAL);
        try (SharedMemory unsealed = SharedMemory.allocate("unsealed", 4096, PageSize.PLAIN_4K);
                EventFd eventFd = EventFd.create()) {
            assertThat(client.dmaMap(3, 0, 0, 0x1000, unsealed.descriptor()).errno())
                    .isEqualTo(Libc.EPERM());
            assertThat(client.dmaMap(3, 0, 0, 0x1000, eventFd.descriptor()).errno())
                    .isEqualTo(Libc.EPERM());
        }
        assertThat(client.dmaUnmap(1, 0, 0x1000).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0, 0).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(2, 0, 0x1000).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0x1000, -0xFFFL).errno()).isEqualTo(EINVAL);
        assertThat(client.dmaUnmap(0, 0x2000, -0x1000L).errno()).as("wraps").isEqualTo(EINVAL);
        assertThat(model.dma().size()).isZero();
    }

    @Test
    void shouldTakeAFileThatMayOnlyBeRead() {
        try (Descriptor readOnly =
                Descriptor.open("/proc/self/fd/" + memory.descriptor().fd(), Libc.O_RDONLY())) {
            assertThat(client.dmaMap(3, 0, 0, 0x1000, readOnly).errno()).isEqualTo(Libc.EACCES());
            assertThat(client.dmaMap(1, 0, 0, 0x1000, readOnly).errno()).isZero();
        }
        assertThat(client.dmaMap(3, 0, 0x10000, 0x1000, memory.descriptor()).errno())
                .as("the same file, to be written, too")
                .isZero();
        assertThat(cursor.select(0, 4)).isFalse();
        assertThat(cursor.select(0x10000, 4)).isTrue();
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).isZero();
        assertThat(OpenDescriptors.mappings("server-test")).isEqualTo(2);
    }

    @Test
    void shouldSetUpInterruptsAsQemuDoes() {
        try (EventFd error = EventFd.create();
                EventFd first = EventFd.create();
                EventFd second = EventFd.create();
                EventFd third = EventFd.create()) {
            assertThat(client.setIrqs(EVENTFD_TRIGGER, ERR, 0, 1, error.descriptor()).errno())
                    .isZero();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1).errno()).isZero();
            assertThat(model.vector(0)).as("enabled without eventfd").isNull();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, first.descriptor()).errno())
                    .isZero();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 1, second.descriptor()).errno())
                    .isZero();
            signal(0);
            signal(1);
            signal(1);
            assertThat(first.drain()).isEqualTo(1);
            assertThat(second.drain()).isEqualTo(2);

            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 1, third.descriptor()).errno())
                    .as("again, for the same vector")
                    .isZero();
            signal(1);
            assertThat(second.drain()).isZero();
            assertThat(third.drain()).isEqualTo(1);

            assertThat(client.setIrqs(0x21, MSIX, 0, 2).errno()).as("as if raised").isZero();
            assertThat(first.drain()).isEqualTo(1);
            assertThat(third.drain()).isEqualTo(1);
            final RawClient.Answer some =
                    client.ask(
                            Command.DEVICE_SET_IRQS,
                            22,
                            payload -> {
                                new IrqSet(22, 0x22, MSIX, 0, 2).encode(payload);
                                payload.set(ValueLayout.JAVA_BYTE, 21, (byte) 1);
                            });
            assertThat(some.errno()).isZero();
            assertThat(first.drain()).isZero();
            assertThat(third.drain()).isEqualTo(1);

            assertThat(client.setIrqs(0x21, MSIX, 0, 0).errno()).as("all off").isZero();
            assertThat(model.vector(0)).isNull();
            assertThat(model.vector(1)).isNull();
            server.reportError();
            assertThat(error.drain()).isEqualTo(1);
        }
    }

    private void signal(final int vector) {
        final EventFd eventFd = model.vector(vector);
        assertThat(eventFd).isNotNull();
        if (eventFd != null) {
            eventFd.signal();
        }
    }

    @Test
    void shouldRefuseInterruptsThatMakeNoSense() {
        try (EventFd eventFd = EventFd.create()) {
            final Descriptor fd = eventFd.descriptor();
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 0, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 1, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, 5, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, -1, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 2, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, -1, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, -1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 1, 0x7FFFFFFF, fd).errno())
                    .isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 2, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, fd, fd).errno())
                    .isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 0).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x21, MSIX, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x22, MSIX, 0, 1).errno()).as("no data").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x26, MSIX, 0, 1, fd).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x20, MSIX, 0, 1).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x09, MSIX, 0, 1).errno()).as("mask").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x11, MSIX, 0, 1).errno()).as("unmask").isEqualTo(EINVAL);
            assertThat(client.setIrqs(0x31, MSIX, 0, 1).errno()).isEqualTo(EINVAL);
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, memory.descriptor()).errno())
                    .as("no eventfd")
                    .isEqualTo(EINVAL);
        }
        assertThat(model.vector(0)).isNull();
        assertThat(model.vector(1)).isNull();
    }

    @Test
    void shouldRefuseDescriptorsWhereNoneBelong() {
        final List<Descriptor> one = List.of(memory.descriptor());
        for (final Command command : Command.values()) {
            if (command != Command.DMA_MAP && command != Command.DEVICE_SET_IRQS) {
                final int errno = client.ask(command.code(), 0, 16, payload -> {}, one).errno();
                assertThat(errno).as(command.toString()).isEqualTo(EINVAL);
            }
        }
    }

    @Test
    void shouldWaitForTheRestOfAMessage() {
        final MemorySegment message =
                client.message(
                        Command.REGION_READ.code(),
                        0,
                        16,
                        new RegionAccess(CopyDevice.COPIES, 0, 4)::encode);
        for (long i = 0; i < message.byteSize(); i++) {
            assertThat(client.isSilent()).isTrue();
            client.send(message.asSlice(i, 1), List.of());
        }
        assertThat(client.receive().errno()).isZero();

        client.send(message.asSlice(0, 20), List.of(memory.descriptor()));
        client.run();
        client.close();
        server.doWork();
        assertThat(reports.getLast())
                .endsWith("client is gone: the peer has closed within a message");
    }

    @Test
    void shouldCutOffWhatCannotBeAMessage() {
        for (final int sizeBytes : new int[] {0, 15, -1, Integer.MIN_VALUE, (1 << 20) + 81}) {
            final MemorySegment header =
                    client.message(Command.REGION_READ.code(), 0, 0, payload -> {});
            header.set(Wire.U32, 4, sizeBytes);
            client.send(header, List.of());
            assertThat(client.isClosedByServer()).as("size " + sizeBytes).isTrue();
            assertThat(server.isConnected()).isFalse();
            client.close();
            client = RawClient.negotiated(server, address);
        }
        final MemorySegment reply =
                client.message(Command.REGION_READ.code(), Header.TYPE_REPLY, 0, payload -> {});
        client.send(reply, List.of());
        assertThat(client.isClosedByServer()).as("an answer without question").isTrue();
        client.close();
        client = RawClient.negotiated(server, address);

        final MemorySegment crowded =
                client.message(Command.DEVICE_SET_IRQS.code(), 0, 20, payload -> {});
        client.send(crowded, Collections.nCopies(17, memory.descriptor()));
        assertThat(client.isClosedByServer()).as("17 descriptors").isTrue();
    }

    @Test
    void shouldNotReadOnWhileItsAnswersAreNotTaken() {
        final MemorySegment question =
                client.message(
                        Command.REGION_READ.code(),
                        0,
                        16,
                        new RegionAccess(0, CONFIG, 4096)::encode);
        int sent = 0;
        while (client.send(question, List.of()) > 0) {
            server.doWork();
            sent++;
        }
        assertThat(sent).as("stopped by a full socket").isLessThan(100_000);
        int received = 0;
        while (received < sent) {
            assertThat(client.receive().errno()).isZero();
            received++;
        }
        assertThat(client.isSilent()).isTrue();
    }

    @Test
    void shouldCutOffWhoDoesNotSayVersionInTime() {
        final long[] nowNs = {1_000};
        client.close();
        server.close();
        server =
                VfioUserServer.listen(
                        address,
                        model,
                        new VfioUserServer.Context()
                                .report(reports::add)
                                .versionTimeoutNs(1_000_000)
                                .nanoClock(() -> nowNs[0]));
        try (RawClient silent = new RawClient(server, address)) {
            silent.send(
                    silent.message(Command.VERSION.code(), 0, 4, p -> {}).asSlice(0, 15),
                    List.of());
            server.doWork();
            nowNs[0] += 999_999;
            server.doWork();
            assertThat(server.isConnected()).as("there is time left").isTrue();
            nowNs[0]++;
            server.doWork();
            assertThat(silent.isClosedByServer()).isTrue();
            assertThat(reports.getLast()).endsWith("no VERSION came within 1 ms");
        }
        client = RawClient.negotiated(server, address);
        nowNs[0] += 1_000_000_000;
        assertThat(client.ask(Command.DEVICE_RESET, 0, p -> {}).errno())
                .as("whoever has said it may be silent")
                .isZero();
    }

    @Test
    void shouldMapNoMoreFilesThanAProcessCanAfford() {
        final List<SharedMemory> files = new ArrayList<>();
        for (int i = 0; i <= ClientMemory.MAX_FILES; i++) {
            final SharedMemory file = SharedMemory.allocate("one-of-many", 4096, PageSize.PLAIN_4K);
            file.seal();
            files.add(file);
            assertThat(client.dmaMap(3, 0, 4096L * i, 0x1000, file.descriptor()).errno())
                    .as("file " + i)
                    .isEqualTo(i == ClientMemory.MAX_FILES ? Libc.ENOSPC() : 0);
        }
        assertThat(OpenDescriptors.mappings("one-of-many"))
                .isEqualTo(files.size() + ClientMemory.MAX_FILES);
        assertThat(client.dmaUnmap(0, 0, 0x1000).errno()).isZero();
        assertThat(client.dmaMap(3, 0, 0, 0x1000, files.getLast().descriptor()).errno())
                .as("when there is room again")
                .isZero();
        assertThat(client.dmaUnmap(DmaUnmapMessage.ALL, 0, 0).errno()).isZero();
        assertThat(OpenDescriptors.mappings("one-of-many")).isEqualTo(files.size());
        files.forEach(SharedMemory::close);
    }

    @Test
    void shouldNotWaitForAnEventFdThatTheClientHasFilled() {
        try (EventFd eventFd = EventFd.create();
                Arena arena = Arena.ofConfined()) {
            assertThat(client.setIrqs(EVENTFD_TRIGGER, MSIX, 0, 1, eventFd.descriptor()).errno())
                    .isZero();
            eventFd.descriptor().write(arena.allocateFrom(ValueLayout.JAVA_LONG, -2L));
            eventFd.descriptor().nonBlocking(false);
            assertThat(client.setIrqs(0x21, MSIX, 0, 1).errno()).as("as if raised").isZero();
            signal(0);
            assertThat(eventFd.drain()).isEqualTo(-2L);
        }
    }

    @Test
    void shouldLetADutyCycleEnd() {
        final MemorySegment posted =
                client.message(
                        Command.REGION_WRITE.code(),
                        Header.NO_REPLY,
                        20,
                        payload ->
                                RawClient.encodeWrite(
                                        payload, 0, CopyDevice.SOURCE_PAGE, new byte[4]));
        for (int i = 0; i < 100; i++) {
            client.send(posted, List.of());
        }
        assertThat(server.doWork()).as("a flood has to share").isEqualTo(64);
        assertThat(server.doWork()).isEqualTo(36);
        assertThat(server.doWork()).isZero();
    }
}
