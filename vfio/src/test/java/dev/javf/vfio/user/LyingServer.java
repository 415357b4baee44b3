package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.vfio.wire.Wire;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Stands between a client and an honest server, on their thread, and changes some answers. */
final class LyingServer implements AutoCloseable {
    private final VfioUserServer honest;
    private final SplittableRandom random;
    private final int truthsPerLie;
    private final UnixSocket listener;
    private final UnixSocket upstream;
    private final MemorySegment buffer = Arena.ofAuto().allocate(1 << 16);
    private @Nullable UnixSocket client;

    LyingServer(
            final UnixAddress address,
            final VfioUserServer honest,
            final SplittableRandom random,
            final int truthsPerLie) {
        this.honest = honest;
        this.random = random;
        this.truthsPerLie = truthsPerLie;
        listener = UnixSocket.listen(UnixSocket.Kind.STREAM, address, 0600);
        upstream = UnixSocket.connect(UnixSocket.Kind.STREAM, honest.address());
    }

    void doWork() {
        if (client == null) {
            client = listener.accept();
        }
        final UnixSocket connected = client;
        if (connected == null) {
            return;
        }
        pass(connected, upstream, false);
        honest.doWork();
        pass(upstream, connected, true);
    }

    private void pass(final UnixSocket from, final UnixSocket to, final boolean isAnswer) {
        final List<Descriptor> passed = new ArrayList<>();
        final int bytes = from.receive(buffer, 0, (int) buffer.byteSize(), 16, passed);
        int lengthBytes = bytes;
        if (bytes > 0 && isAnswer && random.nextInt(truthsPerLie) == 0) {
            lengthBytes = lie(bytes, passed);
        }
        if (lengthBytes > 0) {
            to.send(buffer, 0, lengthBytes, passed);
        }
        passed.forEach(Descriptor::close);
    }

    private int lie(final int bytes, final List<Descriptor> passed) {
        switch (random.nextInt(6)) {
            case 0 -> buffer.set(Wire.U32, 4L * random.nextInt(bytes / 4), edge());
            case 1 -> {
                final long at = random.nextInt(bytes);
                buffer.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
            }
            case 2 -> {
                final int shorter = random.nextInt(Header.LENGTH_BYTES, bytes + 1);
                buffer.set(Wire.U32, 4, shorter);
                return shorter;
            }
            case 3 -> {
                passed.forEach(Descriptor::close);
                passed.clear();
            }
            case 4 -> passed.add(upstream.descriptor().dup());
            default -> {
                buffer.set(Wire.U32, 4, Header.LENGTH_BYTES);
                buffer.set(Wire.U32, 8, Header.TYPE_REPLY | Header.ERROR);
                buffer.set(Wire.U32, 12, random.nextInt(-1, 134));
                return Header.LENGTH_BYTES;
            }
        }
        return bytes;
    }

    private int edge() {
        final int[] edges = {0, 1, 16, 32, 0x1000, 0x7FFFFFFF, -1, Integer.MIN_VALUE};
        return edges[random.nextInt(edges.length)];
    }

    @Override
    public void close() {
        final UnixSocket connected = client;
        if (connected != null) {
            connected.close();
        }
        upstream.close();
        listener.close();
        honest.doWork();
        honest.doWork();
    }
}
