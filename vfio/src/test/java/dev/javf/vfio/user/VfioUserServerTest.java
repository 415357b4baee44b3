package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.OpenFile;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.RegionInfo;
import dev.javf.vfio.wire.Wire;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** What a server answers to messages of every kind, in the orders that QEMU sends them. */
class VfioUserServerTest extends ServerRig {
    private static final int EINVAL = Libc.EINVAL();
    private static final int MSIX = 2;
    private static final int ERR = 3;
    private static final int REQ = 4;
    private static final int CONFIG = 7;

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
}
