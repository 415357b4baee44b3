package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.vfio.wire.IrqSet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A client that sends whatever it is told to, to a server on the same thread. */
final class RawClient implements AutoCloseable {
    /** What QEMU 11.1 says of itself. */
    static final String QEMU_VERSION =
            "{\"capabilities\":{\"pgsizes\":4096,\"max_msg_fds\":16,\"max_dma_maps\":65535,"
                    + "\"max_data_xfer_size\":1048576,\"migration\":{\"max_bitmap_size\":268435456,"
                    + "\"pgsize\":4096},\"write_multiple\":true}}";

    private static final int ROOM_BYTES = 1 << 21;

    private final VfioUserServer server;
    private final UnixSocket socket;
    private final MemorySegment buffer = Arena.ofAuto().allocate(ROOM_BYTES);
    private int lastId;

    /** An answer. */
    record Answer(Header header, MemorySegment payload, List<Descriptor> descriptors) {
        int errno() {
            return header.isError() ? header.errno() : 0;
        }
    }

    RawClient(final VfioUserServer server, final UnixAddress address) {
        this.server = server;
        socket = UnixSocket.connect(UnixSocket.Kind.STREAM, address);
    }

    /** Connects and says VERSION as QEMU does. */
    static RawClient negotiated(final VfioUserServer server, final UnixAddress address) {
        final RawClient client = new RawClient(server, address);
        assertThat(client.version(QEMU_VERSION).errno()).isZero();
        return client;
    }

    Answer version(final String json) {
        final VersionMessage version = new VersionMessage(0, 0, json);
        return ask(Command.VERSION, version.payloadBytes(), version::encode);
    }

    UnixSocket socket() {
        return socket;
    }

    /** Sends bytes as they are. */
    int send(final MemorySegment bytes, final List<Descriptor> passed) {
        final MemorySegment out = Arena.ofAuto().allocate(bytes.byteSize());
        out.copyFrom(bytes);
        return socket.send(out, 0, (int) bytes.byteSize(), passed);
    }

    /** A message. */
    MemorySegment message(
            final int command,
            final int flags,
            final int payloadBytes,
            final Consumer<MemorySegment> encode) {
        final MemorySegment message = Arena.ofAuto().allocate(Header.LENGTH_BYTES + payloadBytes);
        lastId = (lastId + 1) & 0xFFFF;
        new Header(lastId, command, (int) message.byteSize(), flags, 0).encode(message);
        encode.accept(message.asSlice(Header.LENGTH_BYTES));
        return message;
    }

    /** Sends a message and takes the answer. */
    Answer ask(
            final Command command,
            final int payloadBytes,
            final Consumer<MemorySegment> encode,
            final Descriptor... passed) {
        return ask(command.code(), 0, payloadBytes, encode, List.of(passed));
    }

    Answer ask(
            final int command,
            final int flags,
            final int payloadBytes,
            final Consumer<MemorySegment> encode,
            final List<Descriptor> passed) {
        final MemorySegment message = message(command, flags, payloadBytes, encode);
        assertThat(send(message, passed)).isEqualTo((int) message.byteSize());
        final Answer answer = receive();
        assertThat(answer.header().id()).isEqualTo(lastId);
        assertThat(answer.header().command()).isEqualTo(command);
        assertThat(answer.header().isReply()).isTrue();
        return answer;
    }

    /** Runs the server until there is an answer. */
    Answer receive() {
        final List<Descriptor> descriptors = new ArrayList<>();
        int done = 0;
        for (int round = 0; round < 1000; round++) {
            server.doWork();
            final int wanted =
                    done < Header.LENGTH_BYTES
                            ? Header.LENGTH_BYTES
                            : Header.decode(buffer).sizeBytes();
            if (done == wanted) {
                final byte[] payload =
                        buffer.asSlice(Header.LENGTH_BYTES, done - Header.LENGTH_BYTES)
                                .toArray(ValueLayout.JAVA_BYTE);
                return new Answer(
                        Header.decode(buffer), MemorySegment.ofArray(payload), descriptors);
            }
            final int result = socket.receive(buffer, done, wanted - done, 16, descriptors);
            if (result > 0) {
                done += result;
            } else if (result != UnixSocket.WOULD_BLOCK) {
                throw new AssertionError("the server has closed: " + result);
            }
        }
        throw new AssertionError("no answer");
    }

    /** Runs the server; whether nothing has been sent by it. */
    boolean isSilent() {
        run();
        return socket.receive(buffer, 0, 1) == UnixSocket.WOULD_BLOCK;
    }

    /** Runs the server; whether it has closed the connection, perhaps after a last answer. */
    boolean isClosedByServer() {
        run();
        int result;
        do {
            result = socket.receive(buffer, 0, ROOM_BYTES);
        } while (result > 0);
        return result != UnixSocket.WOULD_BLOCK;
    }

    void run() {
        for (int round = 0; round < 100; round++) {
            server.doWork();
        }
    }

    Answer dmaMap(
            final int flags,
            final long offset,
            final long address,
            final long size,
            final Descriptor... passed) {
        return ask(
                Command.DMA_MAP,
                DmaMapMessage.LENGTH_BYTES,
                new DmaMapMessage(DmaMapMessage.LENGTH_BYTES, flags, offset, address, size)::encode,
                passed);
    }

    Answer dmaUnmap(final int flags, final long address, final long size) {
        return ask(
                Command.DMA_UNMAP,
                DmaUnmapMessage.LENGTH_BYTES,
                new DmaUnmapMessage(DmaUnmapMessage.LENGTH_BYTES, flags, address, size)::encode);
    }

    Answer setIrqs(
            final int flags,
            final int index,
            final int start,
            final int count,
            final Descriptor... passed) {
        return ask(
                Command.DEVICE_SET_IRQS,
                IrqSet.LENGTH_BYTES,
                new IrqSet(IrqSet.LENGTH_BYTES, flags, index, start, count)::encode,
                passed);
    }

    Answer read(final int region, final long offset, final int count) {
        return ask(
                Command.REGION_READ,
                RegionAccess.LENGTH_BYTES,
                new RegionAccess(offset, region, count)::encode);
    }

    Answer write(final int region, final long offset, final byte... data) {
        return ask(
                Command.REGION_WRITE,
                RegionAccess.LENGTH_BYTES + data.length,
                payload -> encodeWrite(payload, region, offset, data));
    }

    static void encodeWrite(
            final MemorySegment payload, final int region, final long offset, final byte[] data) {
        new RegionAccess(offset, region, data.length).encode(payload);
        MemorySegment.copy(
                data, 0, payload, ValueLayout.JAVA_BYTE, RegionAccess.LENGTH_BYTES, data.length);
    }

    @Override
    public void close() {
        socket.close();
    }
}
