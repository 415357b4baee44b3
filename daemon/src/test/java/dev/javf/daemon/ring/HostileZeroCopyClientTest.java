package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.RingDirection;
import dev.javf.client.RingLayout;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Seed;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What a client that maps the function's own buffers can do to the daemon: nothing. Whatever it
 * does, every buffer is somebody's, and all of them are the pool's again when it is gone.
 */
class HostileZeroCopyClientTest {
    private static final int BUFFERS = 512;
    private static final int RECEIVED = 5;
    private static final long QUARANTINE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final Logger LOGGER = Logger.getLogger(RingDoor.class.getName());

    @TempDir private Path folder;

    private long nowNs = 1;
    private final PacketPool pool = PacketPool.splitForOthers("test", BUFFERS).getFirst();
    private final RingServer server = new RingServer(() -> nowNs);
    private final PacketVector vector = new PacketVector();
    private final Level before = LOGGER.getLevel();
    private RingPort port;

    /** What a liar writes, having sent 3 packets as it ought to, and with 5 to be read. */
    enum Lie {
        BUFFER_WILD(Violation.BUFFER),
        BUFFER_NEGATIVE(Violation.BUFFER),
        BUFFER_BEYOND(Violation.BUFFER),
        BUFFER_OF_THE_POOL(Violation.BUFFER),
        BUFFER_SENT_BEFORE(Violation.BUFFER),
        BUFFER_SENT_TWICE(Violation.BUFFER),
        RETURN_WILD(Violation.BUFFER),
        RETURN_OF_THE_POOL(Violation.BUFFER),
        RETURN_TWICE(Violation.BUFFER),
        RETURN_OF_WHAT_WAS_SENT(Violation.BUFFER),
        RETURN_TOO_FAR(Violation.POSITION),
        TAIL_TOO_FAR(Violation.POSITION),
        LENGTH_TOO_LONG(Violation.LENGTH),
        LENGTH_ZERO(Violation.LENGTH),
        OFFSET_BEYOND(Violation.LENGTH),
        FLAGS_UNKNOWN(Violation.FLAGS);

        private final Violation violation;

        Lie(final Violation violation) {
            this.violation = violation;
        }

        void tell(final RawClient client, final PacketPool pool, final int sent) {
            final int slot = 3;
            final int own = client.txBuffer(slot);
            switch (this) {
                case BUFFER_WILD -> send(client, RingLayout.place(Integer.MAX_VALUE, 0, 60));
                case BUFFER_NEGATIVE -> send(client, RingLayout.place(-1, 0, 60));
                case BUFFER_BEYOND -> send(client, RingLayout.place(BUFFERS, 0, 60));
                case BUFFER_OF_THE_POOL -> send(client, RingLayout.place(free(pool), 0, 60));
                case BUFFER_SENT_BEFORE -> send(client, RingLayout.place(sent, 0, 60));
                case BUFFER_SENT_TWICE ->
                        send(client, client.place(own, 0, 60), RingLayout.place(own, 0, 60));
                case RETURN_WILD -> giveBack(client, Integer.MIN_VALUE);
                case RETURN_OF_THE_POOL -> giveBack(client, free(pool));
                case RETURN_TWICE -> {
                    client.rxBuffer(1, client.buffer(RingDirection.RX, 0));
                    client.position(RingLayout.RX_HEAD_OFFSET, 2);
                }
                case RETURN_OF_WHAT_WAS_SENT -> giveBack(client, sent);
                case RETURN_TOO_FAR -> client.position(RingLayout.RX_HEAD_OFFSET, RECEIVED + 1);
                case TAIL_TOO_FAR -> client.position(RingLayout.TX_TAIL_OFFSET, 3 + 65);
                case LENGTH_TOO_LONG ->
                        send(client, RingLayout.place(own, 0, EchoDaemon.FRAME_BYTES + 1));
                case LENGTH_ZERO -> send(client, RingLayout.place(own, 0, 0));
                case OFFSET_BEYOND ->
                        send(client, RingLayout.place(own, pool.strideBytes() - 59, 60));
                case FLAGS_UNKNOWN -> {
                    client.slot(
                            slot, client.place(own, 0, 60), RingLayout.kind(Integer.MIN_VALUE, 0));
                    client.position(RingLayout.TX_TAIL_OFFSET, slot + 1);
                }
            }
        }

        private static int free(final PacketPool pool) {
            final int buffer = pool.allocate();
            pool.free(buffer);
            return buffer;
        }

        private static void giveBack(final RawClient client, final int buffer) {
            client.rxBuffer(0, buffer);
            client.position(RingLayout.RX_HEAD_OFFSET, 1);
        }

        private static void send(final RawClient client, final long... places) {
            for (int i = 0; i < places.length; i++) {
                client.slot(3 + i, places[i], 0);
            }
            client.position(RingLayout.TX_TAIL_OFFSET, 3 + places.length);
        }
    }

    @BeforeEach
    void open() {
        LOGGER.setLevel(Level.OFF);
        port = open(1);
    }

    private RingPort open(final int queues) {
        return server.open(
                EchoDaemon.settings("p" + queues, address(queues), true, queues, QUARANTINE_NS),
                null,
                pool);
    }

    private UnixAddress address(final int queues) {
        return new UnixAddress(folder.resolve(queues + ".sock").toString());
    }

    @AfterEach
    void close() {
        pool.free(vector);
        port.releaseBuffers();
        server.onClose();
        LOGGER.setLevel(before);
        assertThat(pool.available()).as("every buffer came back").isEqualTo(BUFFERS);
        pool.close();
    }

    private void turn() {
        for (int i = 0; i < 4; i++) {
            server.doWork();
            port.doWork();
        }
    }

    private RawClient connect() {
        return connect(1);
    }

    private RawClient connect(final int queues) {
        final RawClient client = new RawClient(address(queues));
        client.say("hello 2 wake=0 queues=" + queues);
        turn();
        assertThat(client.hear()).startsWith("welcome 2 name=p").contains("mode=zero-copy");
        turn();
        return client;
    }

    /** The device has received packets for the client. */
    private void give(final int packets) {
        final PacketVector received = new PacketVector();
        for (int i = 0; i < packets; i++) {
            final int buffer = pool.allocate();
            if (buffer != PacketPool.NONE) {
                received.add(buffer, pool.headroomBytes(), 60, 0, 0, 0);
            }
        }
        port.transmit(received);
    }

    private void assertThatOnly(final @Nullable Violation violation) {
        for (final Violation each : Violation.values()) {
            assertThat(port.ringCounters().violations(each).value())
                    .as("%s", each)
                    .isEqualTo(each == violation ? 1 : 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldQuarantineAClientThatLies(final Lie lie) {
        try (RawClient client = connect()) {
            give(RECEIVED);
            client.send(3);
            assertThat(port.receive(vector)).isEqualTo(3);
            final int sent = vector.buffer(0);
            lie.tell(client, pool, sent);
            for (int i = 0; i < 10; i++) {
                port.receive(vector);
                port.doWork();
                give(3);
            }
            assertThatOnly(lie.violation);
            // All that was the client's is back; what it has sent as it ought to, isn't its.
            assertThat(pool.available() + vector.size()).isEqualTo(BUFFERS);
            turn();
            assertThat(client.hear()).isEqualTo("end quarantined: " + lie.violation);
        }
        nowNs += QUARANTINE_NS;
        turn();
        connect().close();
    }

    @Test
    void shouldTakeBackOnlyWhatIsTheQueues() {
        port.releaseBuffers();
        port = open(2);
        try (RawClient client = connect(2)) {
            // A buffer of queue 1's Tx ring, sent by queue 0.
            final long other =
                    client.rings()
                            .get(
                                    ValueLayout.JAVA_LONG,
                                    RingLayout.queueOffset(RawClient.SLOTS, 1)
                                            + RingDirection.TX.slotsOffset(RawClient.SLOTS));
            client.slot(0, client.place(RingLayout.buffer(other), 0, 60), 0);
            client.position(RingLayout.TX_TAIL_OFFSET, 1);
            assertThat(port.receive(vector)).isZero();
            assertThatOnly(Violation.BUFFER);
        }
    }

    @Test
    void shouldSendFromWhereItWasReceived() {
        try (RawClient client = connect()) {
            give(1);
            final int received = client.buffer(RingDirection.RX, 0);
            final int empty = client.txBuffer(0);
            assertThat(received).isNotEqualTo(empty);
            client.slot(0, client.place(received, 40, 100), 0);
            client.rxBuffer(0, empty);
            client.position(RingLayout.RX_HEAD_OFFSET, 1);
            client.position(RingLayout.TX_TAIL_OFFSET, 1);
            assertThat(port.receive(vector)).isOne();
            assertThat(vector.buffer(0)).isEqualTo(received);
            assertThat(vector.offsetBytes(0)).isEqualTo(40);
            assertThat(vector.lengthBytes(0)).isEqualTo(100);
            assertThatOnly(null);
            assertThat(client.txBuffer(0)).isNotIn(received, empty);
        }
    }

    @Test
    void shouldDropWhatIsSentFromAnotherAddressOrTagged() {
        try (RawClient client = connect()) {
            final long place = client.place(0, 60);
            final long frame =
                    (long) RingLayout.buffer(place) * pool.strideBytes()
                            + RingLayout.offsetBytes(place);
            for (int i = 0; i < 2; i++) {
                client.slot(i, client.place(i, 60), 0);
            }
            MacAddress.of("02:00:00:00:00:02").write(client.pool(), frame + Ethernet.SOURCE_OFFSET);
            final long second =
                    (long) client.txBuffer(1) * pool.strideBytes() + pool.headroomBytes();
            client.pool()
                    .set(
                            ValueLayout.JAVA_SHORT_UNALIGNED,
                            second + Ethernet.TYPE_OFFSET,
                            Short.reverseBytes((short) Ethernet.TPID_8021Q));
            client.position(RingLayout.TX_TAIL_OFFSET, 2);
            final int free = pool.available();
            assertThat(port.receive(vector)).isZero();
            assertThat(port.counters().rxSpoofed().value()).isOne();
            assertThat(port.counters().rxTagged().value()).isOne();
            assertThat(pool.available()).as("they stay in their slots").isEqualTo(free);
            client.send(0);
            assertThatOnly(null);
        }
    }

    @Test
    void shouldWaitForBuffersWithAClientThatKeepsAll() {
        try (RawClient client = connect()) {
            // It sends all the time, and what it has sent isn't sent on: nothing is left to stock.
            int taken = 0;
            for (int i = 0; i < 20; i++) {
                client.send(10);
                taken += port.receive(vector);
                if (vector.room() == 0) {
                    break;
                }
            }
            assertThat(taken).isEqualTo(PacketVector.CAPACITY_DEFAULT);
            for (int i = 0; i < BUFFERS / PacketVector.CAPACITY_DEFAULT; i++) {
                give(PacketVector.CAPACITY_DEFAULT);
            }
            assertThat(port.counters().txPackets().value()).isEqualTo(RawClient.SLOTS);
            assertThat(port.counters().txFull().value()).isPositive();
            assertThatOnly(null);
        }
    }

    @Test
    void shouldLetNobodyInWithoutBuffers() {
        final int[] all = new int[BUFFERS];
        pool.allocate(all, 0, BUFFERS);
        try (RawClient client = new RawClient(address(1))) {
            client.say("hello 2 wake=0 queues=1");
            turn();
            assertThat(client.hear()).isEmpty();
            nowNs += TimeUnit.SECONDS.toNanos(3);
            turn();
            assertThat(client.hear()).isEqualTo("end no packet buffers are free for it; try again");
        }
        pool.free(all, 0, BUFFERS);
        turn();
        connect().close();
    }

    @Test
    void shouldUseWhatItHasChecked() {
        Seed.forEach(1, 1, this::changeDescriptors);
    }

    private void changeDescriptors(final SplittableRandom random) {
        for (int round = 0; round < 40; round++) {
            nowNs += QUARANTINE_NS;
            final AtomicBoolean isOver = new AtomicBoolean();
            try (RawClient client = connect()) {
                client.send(RawClient.SLOTS);
                final int slot = random.nextInt(RawClient.SLOTS);
                final Thread liar = client.keepChanging(slot, isOver);
                final int received = port.receive(vector);
                for (int packet = 0; packet < vector.size(); packet++) {
                    assertThat(vector.lengthBytes(packet)).isEqualTo(60);
                    assertThat(vector.buffer(packet)).isBetween(0, BUFFERS - 1);
                    assertThat(vector.flags(packet)).isZero();
                }
                pool.free(vector);
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
        for (int round = 0; round < 300; round++) {
            nowNs += QUARANTINE_NS;
            try (RawClient client = connect()) {
                for (int i = 0; i < 200; i++) {
                    client.scribble(random);
                    // Also into buffers that are free, or the device's.
                    client.pool().set(ValueLayout.JAVA_LONG, random.nextInt(BUFFERS) * 8L, i);
                    port.receive(vector);
                    pool.free(vector);
                    give(random.nextInt(3));
                    port.doWork();
                }
            }
            turn();
            assertThat(pool.available()).isEqualTo(BUFFERS);
        }
        assertThat(port.ringCounters().violations(Violation.POSITION).value()).isPositive();
        assertThat(port.ringCounters().violations(Violation.BUFFER).value()).isPositive();
    }
}
