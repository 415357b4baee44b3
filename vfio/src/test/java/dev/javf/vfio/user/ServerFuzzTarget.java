package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.vfio.CopyDevice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What Jazzer calls, in a process of its own: an input is the life of one connection, after its
 * VERSION. Each message of it is a command, flags, which descriptors go with it, the length of its
 * payload (one byte each), and the payload.
 */
public final class ServerFuzzTarget {
    private static final int PREFIX_BYTES = 4;
    private static final int ROOM_BYTES = 1 << 21;

    private static final CopyDevice MODEL = new CopyDevice();
    private static final SharedMemory MEMORY =
            SharedMemory.allocate("fuzz-target", 64L << 10, PageSize.PLAIN_4K);
    private static final EventFd EVENT_FD = EventFd.create();
    private static final MemorySegment OUT = Arena.ofAuto().allocate(1024);
    private static final MemorySegment IN = Arena.ofAuto().allocate(ROOM_BYTES);
    private static final UnixAddress ADDRESS = newAddress();
    private static final VfioUserServer SERVER =
            VfioUserServer.listen(
                    ADDRESS, MODEL, new VfioUserServer.Context().remoteDmaTimeoutNs(1));
    private static final long DESCRIPTORS = OpenDescriptors.count();

    static {
        MEMORY.seal();
    }

    private ServerFuzzTarget() {}

    private static UnixAddress newAddress() {
        try {
            return new UnixAddress(
                    Files.createTempDirectory("javf-fuzz").resolve("fuzz.sock").toString());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lives through one connection, and finds that nothing of it is left. */
    public static void fuzzerTestOneInput(final byte[] input) {
        final UnixSocket socket = UnixSocket.connect(UnixSocket.Kind.STREAM, ADDRESS);
        final VersionMessage version = new VersionMessage(0, 0, RawClient.QEMU_VERSION);
        version.encode(OUT.asSlice(Header.LENGTH_BYTES));
        send(socket, Command.VERSION.code(), 0, version.payloadBytes(), List.of());
        int at = 0;
        while (at + PREFIX_BYTES <= input.length) {
            final int rest = input.length - at - PREFIX_BYTES;
            final int payloadBytes = Math.min(Byte.toUnsignedInt(input[at + 3]), rest);
            final MemorySegment payload = OUT.asSlice(Header.LENGTH_BYTES, payloadBytes);
            payload.copyFrom(MemorySegment.ofArray(input).asSlice(at + PREFIX_BYTES, payloadBytes));
            final int flags = input[at + 1] & (Header.NO_REPLY | Header.ERROR);
            send(socket, input[at], flags, payloadBytes, descriptors(input[at + 2]));
            at += PREFIX_BYTES + payloadBytes;
            MODEL.doWork();
        }
        socket.close();
        SERVER.doWork();
        SERVER.doWork();
        assertThat(SERVER.isConnected()).isFalse();
        assertThat(MODEL.dma().size()).isZero();
        assertThat(OpenDescriptors.count()).as("descriptors").isEqualTo(DESCRIPTORS);
    }

    private static List<Descriptor> descriptors(final int which) {
        return switch (which & 3) {
            case 0 -> List.of();
            case 1 -> List.of(MEMORY.descriptor());
            case 2 -> List.of(EVENT_FD.descriptor());
            default -> Collections.nCopies(2, EVENT_FD.descriptor());
        };
    }

    private static void send(
            final UnixSocket socket,
            final int command,
            final int flags,
            final int payloadBytes,
            final List<Descriptor> passed) {
        final int sizeBytes = Header.LENGTH_BYTES + payloadBytes;
        new Header(1, command, sizeBytes, flags, 0).encode(OUT);
        if (socket.send(OUT, 0, sizeBytes, passed) > 0) {
            SERVER.doWork();
        }
        final List<Descriptor> received = new ArrayList<>();
        int result = 1;
        while (result > 0) {
            result = socket.receive(IN, 0, ROOM_BYTES, MessageSocket.MAX_DESCRIPTORS, received);
        }
        received.forEach(Descriptor::close);
        OUT.asSlice(Header.LENGTH_BYTES).fill((byte) 0);
    }
}
