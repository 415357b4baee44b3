package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Memory that comes without a file: the model's accesses are messages to the client. */
@Timeout(60)
class RemoteDmaTest {
    @TempDir private Path folder;

    private final CopyDevice model = new CopyDevice();
    private final List<String> reports = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(3L << 20, 4096);
    private UnixAddress address = new UnixAddress("unset");
    private long nowNs;

    @BeforeEach
    void open() {
        address = new UnixAddress(folder.resolve("vf0.sock").toString());
    }

    @AfterEach
    void close() {
        arena.close();
        model.close();
    }

    private VfioUserServer serve(final VfioUserServer.Context context) {
        return VfioUserServer.listen(address, model, context.report(reports::add));
    }

    /** Server and model on one thread, the driver on another, as in two processes. */
    @Test
    void shouldReachADriversMemoryByAskingForIt() throws InterruptedException {
        final AtomicBoolean isStopped = new AtomicBoolean();
        try (VfioUserServer server =
                        serve(new VfioUserServer.Context().remoteDmaTimeoutNs(10_000_000_000L));
                EventFd eventFd = EventFd.create()) {
            final Thread thread =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (!isStopped.get()) {
                                    if (server.doWork() + model.doWork() == 0) {
                                        Thread.onSpinWait();
                                    }
                                }
                            });
            try (VfioUserDevice device =
                    VfioUserDevice.open(address, new VfioUserDevice.Context())) {
                device.config().enableBusMaster();
                device.interrupt(1, eventFd);
                final DmaMapping mapping = device.mapDma(memory);
                for (int i = 0; i < 200; i++) {
                    final String text = "round " + i;
                    memory.setString(0, text);
                    device.bar(0).write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
                    device.bar(0).read32(CopyDevice.SOURCE_PAGE);
                    device.bar(0).write32(CopyDevice.LENGTH_DOORBELL, 16);
                    // Other questions cross with the server's own.
                    while (eventFd.drain() == 0) {
                        device.bar(0)
                                .write32(CopyDevice.SOURCE_PAGE, (int) (mapping.iova() >>> 12));
                        assertThat(device.bar(0).read32(0x1100)).isZero();
                        assertThat(device.condition()).isEqualTo(PciDeviceCondition.PRESENT);
                    }
                    assertThat(memory.getString(4096)).isEqualTo(text);
                }
                device.unmapDma(mapping);
            } finally {
                isStopped.set(true);
                thread.join();
            }
        }
        assertThat(model.dma().faults()).isEmpty();
    }

    @Test
    void shouldMoveMoreThanFitsAMessage() throws InterruptedException {
        final AtomicBoolean isStopped = new AtomicBoolean();
        try (VfioUserServer server =
                serve(new VfioUserServer.Context().remoteDmaTimeoutNs(10_000_000_000L))) {
            final List<VfioUserDevice> devices = new ArrayList<>();
            final List<DmaMapping> mappings = new ArrayList<>();
            final Thread driver =
                    Thread.ofPlatform()
                            .start(() -> {
                                final VfioUserDevice device =
                                        VfioUserDevice.open(address, new VfioUserDevice.Context());
                                synchronized (devices) {
                                    mappings.add(device.mapDma(memory));
                                    devices.add(device);
                                }
                                while (!isStopped.get()) {
                                    device.condition();
                                }
                                device.close();
                            });
            final long half = memory.byteSize() / 2;
            for (long i = 0; i < half; i += 8) {
                memory.set(Wire.U64, i, i * 31);
            }
            while (model.dma().size() == 0) {
                server.doWork();
            }
            while (true) {
                synchronized (devices) {
                    if (!devices.isEmpty()) {
                        break;
                    }
                }
                server.doWork();
            }
            final DmaCursor cursor = new DmaCursor(model.dma());
            final long iova = mappings.getFirst().iova();
            final MemorySegment copy = arena.allocate(half);
            assertThat(cursor.select(iova, 4)).isFalse();
            assertThat(cursor.read(iova, copy, 0, half)).isTrue();
            assertThat(copy.mismatch(memory.asSlice(0, half))).isEqualTo(-1);
            assertThat(cursor.write(iova + half, copy, 0, half)).isTrue();
            assertThat(memory.asSlice(half).mismatch(copy)).isEqualTo(-1);
            assertThat(cursor.read(iova + half, copy, 0, half + 1)).as("beyond").isFalse();
            isStopped.set(true);
            while (driver.isAlive()) {
                server.doWork();
            }
            driver.join();
        }
    }

    @Test
    void shouldCutOffAClientThatDoesNotAnswer() {
        try (VfioUserServer server =
                serve(
                        new VfioUserServer.Context()
                                .remoteDmaTimeoutNs(5_000_000)
                                .nanoClock(() -> nowNs += 1_000_000))) {
            final long before = OpenDescriptors.count();
            try (RawClient client = RawClient.negotiated(server, address);
                    EventFd eventFd = EventFd.create()) {
                assertThat(client.dmaMap(3, 0, 0, 0x2000).errno()).isZero();
                // What comes meanwhile is kept, with its descriptors, and let go of in the end.
                final MemorySegment other =
                        client.message(
                                Command.DEVICE_SET_IRQS.code(),
                                0,
                                IrqSet.LENGTH_BYTES,
                                new IrqSet(IrqSet.LENGTH_BYTES, 0x24, 2, 0, 1)::encode);
                client.send(other, List.of(eventFd.descriptor()));
                final DmaCursor cursor = new DmaCursor(model.dma());
                assertThat(cursor.read(0, memory, 0, 4)).isFalse();
                assertThat(cursor.read(0, memory, 0, 4)).as("and again").isFalse();
                server.doWork();
                assertThat(server.isConnected()).isFalse();
                assertThat(reports.getLast())
                        .endsWith("client is gone: no answer to DMA_READ within 5000000 ns");
                assertThat(model.vector(0)).isNull();
            }
            assertThat(OpenDescriptors.count()).isEqualTo(before);
        }
    }

    @Test
    void shouldBelieveNoAnswer() {
        try (VfioUserServer server =
                serve(new VfioUserServer.Context().remoteDmaTimeoutNs(1_000_000_000L))) {
            final DmaCursor cursor = new DmaCursor(model.dma());
            for (int kind = 0; kind < 7; kind++) {
                try (RawClient client = RawClient.negotiated(server, address)) {
                    assertThat(client.dmaMap(3, 0, 0, 0x2000).errno()).isZero();
                    answerInAdvance(client.socket(), kind);
                    assertThat(cursor.read(0, memory, 0, 4))
                            .as("kind " + kind)
                            .isEqualTo(kind == 0);
                    server.doWork();
                    assertThat(server.isConnected())
                            .as("an honest answer or an error, kind " + kind)
                            .isEqualTo(kind <= 1);
                }
                server.doWork();
            }
        }
    }

    /** The first question has id 1, so it can be answered before it is asked. */
    private static void answerInAdvance(final UnixSocket socket, final int kind) {
        final int dataBytes = kind == 1 ? -16 : kind == 2 ? 3 : kind == 3 ? 5 : 4;
        final MemorySegment answer = Arena.ofAuto().allocate(16L + 16 + dataBytes);
        final int flags = kind == 1 || kind == 4 ? 0x21 : 1;
        final int command = kind == 5 ? 12 : 11;
        new Header(1, command, (int) answer.byteSize(), flags, flags >> 5).encode(answer);
        if (dataBytes > 0) {
            new DmaTransfer(kind == 6 ? 8 : 0, 4).encode(answer.asSlice(16));
        }
        final List<Descriptor> none = List.of();
        assertThat(socket.send(answer, 0, (int) answer.byteSize(), none)).isPositive();
    }

    @Test
    void shouldCutOffAFloodWhileItWaits() {
        try (VfioUserServer server =
                serve(new VfioUserServer.Context().remoteDmaTimeoutNs(1_000_000_000L))) {
            try (RawClient client = RawClient.negotiated(server, address)) {
                assertThat(client.dmaMap(3, 0, 0, 0x2000).errno()).isZero();
                final int dataBytes = 64 << 10;
                final MemorySegment large =
                        client.message(
                                Command.REGION_WRITE.code(),
                                Header.NO_REPLY,
                                RegionAccess.LENGTH_BYTES + dataBytes,
                                new RegionAccess(0, 0, dataBytes)::encode);
                final Thread flood =
                        Thread.ofPlatform()
                                .start(() -> {
                                    long at = 0;
                                    int result = 0;
                                    while (result >= 0 || result == UnixSocket.WOULD_BLOCK) {
                                        at += Math.max(0, result);
                                        at %= large.byteSize();
                                        result = client.send(large.asSlice(at), List.of());
                                    }
                                });
                assertThat(new DmaCursor(model.dma()).read(0, memory, 0, 4)).isFalse();
                server.doWork();
                assertThat(server.isConnected()).isFalse();
                assertThat(reports.getLast()).contains("too many messages came");
                join(flood);
            }
        }
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
