package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.wire.Wire;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;

/** Messages in pieces, too slow, too many or none, and who is cut off for it. */
class ServerStreamTest extends ServerRig {
    private static final int EINVAL = Libc.EINVAL();
    private static final int CONFIG = 7;

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
