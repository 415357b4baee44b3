package dev.javf.virtio.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.VhostFrontEnd;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.vhost.VhostUserPort.Mode;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** A vhost-user port, its pool and its network; on one thread, with a clock of its own. */
class VhostRig {
    static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");
    static final long SPLIT =
            Feature.maskOf(Feature.VERSION_1, Feature.MRG_RXBUF, Feature.INDIRECT_DESC);

    @TempDir Path folder;
    final PacketPool pool = new PacketPool("vhost-test", 256);
    final PacketVector vector = new PacketVector();
    final List<String> reports = new ArrayList<>();
    final Asked network = new Asked();
    long nowNs;
    @Nullable VhostUserPort serving;

    /** What is asked of the network; always done. */
    static final class Asked implements NetworkControl {
        final List<String> requests = new ArrayList<>();

        @Override
        public Answer vlan(final int vlan, final boolean isWanted) {
            throw new AssertionError("no guest can ask for VLANs");
        }

        @Override
        public Answer receiveMode(final boolean isPromiscuous, final boolean isAllMulticast) {
            throw new AssertionError("no guest can ask for a mode");
        }

        @Override
        public Answer addresses(final List<MacAddress> unicast, final List<MacAddress> multicast) {
            throw new AssertionError("no guest can ask for addresses");
        }

        @Override
        public Answer address(final MacAddress address) {
            throw new AssertionError("no guest can ask for an address");
        }

        @Override
        public void allMulticast() {
            requests.add("groups");
        }

        @Override
        public void allVlans() {
            requests.add("VLANs");
        }

        @Override
        public void reset() {
            requests.add("reset");
        }
    }

    VhostUserPort port() {
        return Objects.requireNonNull(serving);
    }

    UnixAddress address() {
        return new UnixAddress(folder.resolve("vhost.sock").toString());
    }

    void serve(final Mode mode, final boolean isUnsealedAllowed) {
        serving =
                new VhostUserPort(
                        address(),
                        mode,
                        isUnsealedAllowed,
                        NetSettings.access("vm", MAC),
                        pool,
                        network,
                        () -> nowNs,
                        reports::add);
    }

    VhostFrontEnd connect() {
        if (serving == null) {
            serve(Mode.SERVER, false);
        }
        return new VhostFrontEnd(UnixSocket.connect(UnixSocket.Kind.STREAM, address()), this::step);
    }

    void step() {
        nowNs += 1_000_000;
        port().doWork();
    }

    @AfterEach
    void close() {
        if (serving != null) {
            serving.close();
        }
        assertThat(pool.available()).as("every buffer came back").isEqualTo(pool.capacity());
        pool.close();
    }

    static byte[] frame(final int lengthBytes, final int seed) {
        final byte[] frame = new byte[lengthBytes];
        new SplittableRandom(seed).nextBytes(frame);
        frame[0] = 2;
        frame[12] = 8;
        frame[13] = 0;
        return frame;
    }

    /** What the guest has sent. */
    List<byte[]> received() {
        step();
        final List<byte[]> frames = new ArrayList<>();
        while (port().receive(vector) > 0) {
            for (int i = 0; i < vector.size(); i++) {
                frames.add(
                        pool.memory()
                                .asSlice(
                                        pool.bufferOffset(vector.buffer(i)) + vector.offsetBytes(i),
                                        vector.lengthBytes(i))
                                .toArray(ValueLayout.JAVA_BYTE));
            }
            pool.free(vector);
        }
        return frames;
    }

    void give(final byte[] frame, final int hash) {
        final int buffer = pool.allocate();
        MemorySegment.copy(
                frame,
                0,
                pool.memory(),
                ValueLayout.JAVA_BYTE,
                pool.dataOffset(buffer),
                frame.length);
        vector.add(buffer, pool.headroomBytes(), frame.length, 0, PacketVector.FLAG_HASH, hash);
        port().transmit(vector);
        pool.free(vector);
    }

    void exchange(final VhostFrontEnd guest, final int pairs, final int rounds) {
        for (int round = 0; round < rounds; round++) {
            for (int pair = 0; pair < pairs; pair++) {
                final byte[] sent = frame(60 + round % 1400, round);
                assertThat(guest.transmit(pair, sent)).isTrue();
                assertThat(received()).containsExactly(sent);
                give(sent, pair);
                assertThat(guest.receive(pair)).containsExactly(sent);
            }
        }
    }

    static long openDescriptors() {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
