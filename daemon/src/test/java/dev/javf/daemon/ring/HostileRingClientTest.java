package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.client.RingLayout;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Machine;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What a client of a ring port can do to the daemon: nothing. Each test looks whether the
 * neighbour, a port of the same poller with the same pool, still has all it needs.
 */
class HostileRingClientTest {
    private static final int BUFFERS = 512;
    private static final int FRAME_BYTES = EchoDaemon.FRAME_BYTES;
    private static final long QUARANTINE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final Logger LOGGER = Logger.getLogger(RingDoor.class.getName());

    @TempDir private Path folder;

    private long nowNs = 1;
    private final PacketPool pool = new PacketPool("test", BUFFERS);
    private final RingServer server = new RingServer(() -> nowNs);
    private final PacketVector vector = new PacketVector();
    private final List<String> errors = new ArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(final LogRecord entry) {
                    if (entry.getLevel().intValue() >= Level.SEVERE.intValue()) {
                        errors.add(entry.getMessage());
                    }
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };
    private RingPort port;
    private RingPort neighbour;

    /** What a liar writes, having sent three packets as it ought to. */
    enum Lie {
        TAIL_TOO_FAR(Violation.POSITION),
        TAIL_BACK(Violation.POSITION),
        TAIL_NEGATIVE(Violation.POSITION),
        HEAD_TOO_FAR(Violation.POSITION),
        HEAD_NEGATIVE(Violation.POSITION),
        BUFFER_OF_OTHER_SLOT(Violation.BUFFER),
        BUFFER_OF_RECEIVED(Violation.BUFFER),
        BUFFER_WILD(Violation.BUFFER),
        LENGTH_TOO_LONG(Violation.LENGTH),
        LENGTH_ZERO(Violation.LENGTH),
        OFFSET_BEYOND(Violation.LENGTH),
        OFFSET_WILD(Violation.LENGTH),
        FLAGS_UNKNOWN(Violation.FLAGS),
        FLAGS_SEGMENTED(Violation.FLAGS);

        private final Violation violation;

        Lie(final Violation violation) {
            this.violation = violation;
        }

        void tell(final RawClient client) {
            final int slot = 3;
            switch (this) {
                case TAIL_TOO_FAR -> client.position(RingLayout.TX_TAIL_OFFSET, 3 + 65);
                case TAIL_BACK -> client.position(RingLayout.TX_TAIL_OFFSET, 2);
                case TAIL_NEGATIVE -> client.position(RingLayout.TX_TAIL_OFFSET, Long.MIN_VALUE);
                case HEAD_TOO_FAR -> client.position(RingLayout.RX_HEAD_OFFSET, 65);
                case HEAD_NEGATIVE -> client.position(RingLayout.RX_HEAD_OFFSET, -1);
                case BUFFER_OF_OTHER_SLOT -> write(client, client.place(slot + 1, 60), 0);
                case BUFFER_OF_RECEIVED -> write(client, RingLayout.place(slot, 0, 60), 0);
                case BUFFER_WILD -> write(client, RingLayout.place(Integer.MIN_VALUE, 0, 60), 0);
                case LENGTH_TOO_LONG -> write(client, client.place(slot, FRAME_BYTES + 1), 0);
                case LENGTH_ZERO -> write(client, client.place(slot, 0), 0);
                case OFFSET_BEYOND ->
                        write(client, RingLayout.place(RawClient.SLOTS + slot, 1, FRAME_BYTES), 0);
                case OFFSET_WILD ->
                        write(client, RingLayout.place(RawClient.SLOTS + slot, 65535, 60), 0);
                case FLAGS_UNKNOWN -> write(client, client.place(slot, 60), 1 << 31);
                case FLAGS_SEGMENTED ->
                        write(client, client.place(slot, 60), PacketVector.FLAG_SEGMENTED);
            }
        }

        private static void write(final RawClient client, final long place, final int flags) {
            client.slot(3, place, RingLayout.kind(flags, 0));
            client.position(RingLayout.TX_TAIL_OFFSET, 4);
        }
    }

    @BeforeEach
    void open() {
        LOGGER.addHandler(handler);
        LOGGER.setUseParentHandlers(false);
        port = open("p");
        neighbour = open("n");
    }

    @AfterEach
    void close() {
        pool.free(vector);
        port.releaseBuffers();
        neighbour.releaseBuffers();
        server.onClose();
        LOGGER.removeHandler(handler);
        LOGGER.setUseParentHandlers(true);
        assertThat(pool.available()).as("every buffer came back").isEqualTo(BUFFERS);
        pool.close();
    }

    private RingPort open(final String name) {
        return server.open(
                EchoDaemon.settings(name, address(name), false, 1, QUARANTINE_NS), null, pool);
    }

    private UnixAddress address(final String name) {
        return new UnixAddress(folder.resolve(name + ".sock").toString());
    }

    private void turn() {
        for (int i = 0; i < 4; i++) {
            server.doWork();
            port.doWork();
            neighbour.doWork();
        }
    }

    private RawClient connect(final String name) {
        final RawClient client = new RawClient(address(name));
        client.say("hello 2 wake=0");
        turn();
        assertThat(client.hear()).startsWith("welcome 2 name=" + name);
        turn();
        return client;
    }

    private void give(final RingPort to, final int packets) {
        final PacketVector packet = new PacketVector();
        for (int i = 0; i < packets; i++) {
            packet.add(pool.allocate(), pool.headroomBytes(), 60, 0, 0, 0);
        }
        to.transmit(packet);
        pool.free(packet);
    }

    private void assertThatNeighbourWorks(final RawClient client) {
        final PacketVector received = new PacketVector();
        client.send(5);
        assertThat(neighbour.receive(received)).isEqualTo(5);
        pool.free(received);
    }

    @ParameterizedTest
    @EnumSource
    void shouldQuarantineAClientThatLies(final Lie lie) {
        try (RawClient other = connect("n");
                RawClient client = connect("p")) {
            client.send(3);
            assertThat(port.receive(vector)).isEqualTo(3);
            lie.tell(client);
            for (int i = 0; i < 10; i++) {
                assertThat(port.receive(vector)).isZero();
                give(port, 10);
            }
            for (final Violation violation : Violation.values()) {
                assertThat(port.ringCounters().violations(violation).value())
                        .as("%s", violation)
                        .isEqualTo(violation == lie.violation ? 1 : 0);
            }
            turn();
            turn();
            String last = client.hear();
            assertThat(last).isEqualTo("end quarantined: " + lie.violation);
            assertThat(errors).as("logged once").hasSize(1);
            assertThat(errors.getFirst()).contains("port p: quarantined for 10 s: process");
            assertThatNeighbourWorks(other);
            try (RawClient again = new RawClient(address("p"))) {
                turn();
                last = again.hear();
                assertThat(last)
                        .startsWith("refused: quarantined for")
                        .contains("" + lie.violation);
            }
            nowNs += QUARANTINE_NS;
            connect("p").close();
            assertThat(errors).hasSize(1);
        }
    }

    @Test
    void shouldUseWhatItHasChecked() {
        Seed.forEach(1, 1, this::changeDescriptors);
    }

    private void changeDescriptors(final SplittableRandom random) {
        for (int round = 0; round < 40; round++) {
            nowNs += QUARANTINE_NS;
            final AtomicBoolean isOver = new AtomicBoolean();
            try (RawClient client = connect("p")) {
                client.send(RawClient.SLOTS);
                final int slot = random.nextInt(RawClient.SLOTS);
                final Thread liar = client.keepChanging(slot, isOver);
                int received = 0;
                for (int i = 0; i < 4; i++) {
                    received += port.receive(vector);
                    for (int packet = 0; packet < vector.size(); packet++) {
                        assertThat(vector.lengthBytes(packet)).isEqualTo(60);
                        assertThat(vector.offsetBytes(packet)).isEqualTo(pool.headroomBytes());
                        assertThat(vector.flags(packet) & ~PacketVector.FLAG_VLAN).isZero();
                    }
                    pool.free(vector);
                }
                assertThat(received).isIn(slot, RawClient.SLOTS);
                isOver.set(true);
                liar.join();
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
            turn();
        }
    }

    @Test
    void shouldStandRandomWrites() {
        Seed.forEach(1, 1, this::writeAnything);
    }

    private void writeAnything(final SplittableRandom random) {
        int sessions = 0;
        try (RawClient other = connect("n")) {
            for (int round = 0; round < 300; round++) {
                nowNs += QUARANTINE_NS;
                try (RawClient client = connect("p")) {
                    sessions++;
                    for (int i = 0; i < 200; i++) {
                        client.scribble(random);
                        port.receive(vector);
                        pool.free(vector);
                        give(port, random.nextInt(3));
                        port.doWork();
                    }
                }
                turn();
            }
            assertThatNeighbourWorks(other);
        }
        assertThat(sessions).isEqualTo(300);
        assertThat(port.ringCounters().violations(Violation.POSITION).value()).isPositive();
    }

    @Test
    void shouldDropWhatAClientDoesNotRead() {
        try (RawClient other = connect("n");
                RawClient client = connect("p")) {
            give(port, 40);
            give(port, 40);
            assertThat(port.counters().txPackets().value()).isEqualTo(RawClient.SLOTS);
            assertThat(pool.available()).isEqualTo(BUFFERS);
            assertThat(client.isEnded()).isFalse();
            assertThatNeighbourWorks(other);
        }
    }

    @Test
    void shouldEndAClientThatFloodsTheSocket() {
        try (RawClient other = connect("n");
                RawClient client = connect("p")) {
            for (int i = 1; i < 20_000 && !client.isEnded(); i++) {
                client.say("vlan add " + i + " 100");
                server.doWork();
            }
            assertThat(client.isEnded()).isTrue();
            turn();
            assertThatNeighbourWorks(other);
        }
        connect("p").close();
    }

    @Test
    void shouldRefuseWhatIsNoHello() {
        for (final String text : List.of("", "x", "hello", "hello 1 wake=0", "vlan add 1 1")) {
            try (RawClient client = new RawClient(address("p"))) {
                client.say(text.isEmpty() ? "\0" : text);
                turn();
                assertThat(client.hear()).startsWith("refused: this is version 2");
            }
        }
        connect("p").close();
    }

    @Test
    void shouldNotWaitForAClientThatSaysNothing() {
        try (RawClient silent = new RawClient(address("p"))) {
            turn();
            nowNs += TimeUnit.SECONDS.toNanos(3);
            turn();
            assertThat(silent.hear()).isEqualTo("end no hello");
        }
        connect("p").close();
    }

    @Test
    void shouldPassMemoryThatNobodyCanShrink() throws IOException {
        try (RawClient client = connect("p");
                FileChannel file =
                        FileChannel.open(
                                Path.of("/proc/self/fd/" + client.ringsFile().fd()),
                                StandardOpenOption.WRITE)) {
            final int wanted = Libc.F_SEAL_SHRINK() | Libc.F_SEAL_GROW() | Libc.F_SEAL_SEAL();
            assertThat(dev.javf.linux.OpenFile.of(client.ringsFile()).seals() & wanted)
                    .isEqualTo(wanted);
            assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void shouldSurviveAClientThatPunchesHoles() throws Exception {
        Machine.needsCommand("fallocate");
        try (RawClient other = connect("n");
                RawClient client = connect("p")) {
            client.send(3);
            assertThat(port.receive(vector)).isEqualTo(3);
            final String file =
                    "/proc/" + ProcessHandle.current().pid() + "/fd/" + client.ringsFile().fd();
            assertThat(
                            new ProcessBuilder("fallocate", "--punch-hole", "-l", "4096", file)
                                    .inheritIO()
                                    .start()
                                    .waitFor())
                    .isZero();
            assertThat(port.receive(vector)).isZero();
            assertThat(port.ringCounters().violations(Violation.POSITION).value()).isOne();
            assertThatNeighbourWorks(other);
        }
    }

    @Test
    void shouldGiveTheNextClientOtherMemory() {
        final RawClient first = connect("p");
        try (RawClient kept = first) {
            // What the first one has passed on to others is all that they ever see.
            first.say("vlan add 1 1");
            kept.pool().fill((byte) 1);
            first.position(RingLayout.TX_TAIL_OFFSET, -1);
            port.receive(vector);
            turn();
            nowNs += QUARANTINE_NS;
            try (RawClient second = connect("p")) {
                kept.rings().fill((byte) -1);
                kept.pool().fill((byte) 2);
                assertThat(second.pool().get(ValueLayout.JAVA_BYTE, 0)).isZero();
                second.send(7);
                assertThat(port.receive(vector)).isEqualTo(7);
            }
        }
    }
}
