package dev.javf.daemon.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.client.JavfPort;
import dev.javf.client.PortContext;
import dev.javf.client.PortQueue;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Allocations;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Several queues of one port, with copies and without, and what a client is told of a packet. */
@Timeout(60)
class RingQueuesTest {
    private static final int BUFFERS = 2048;
    private static final int QUEUES = 4;
    private static final int FLOWS = 64;

    @TempDir private Path folder;

    private final PacketPool pool = PacketPool.splitForOthers("test", BUFFERS).getFirst();
    private final RingServer server = new RingServer(System::nanoTime);
    private final PacketVector vector = new PacketVector();

    @AfterEach
    void close() {
        server.onClose();
        assertThat(pool.available()).as("every buffer came back").isEqualTo(BUFFERS);
        pool.close();
    }

    private UnixAddress address() {
        return new UnixAddress(folder.resolve("p.sock").toString());
    }

    private RingPort open(final boolean isZeroCopy) {
        return server.open(EchoDaemon.settings("p", address(), isZeroCopy, QUEUES, 0), null, pool);
    }

    private JavfPort connect(final RingPort port, final int queues) {
        final CompletableFuture<JavfPort> connected =
                CompletableFuture.supplyAsync(() ->
                        JavfPort.connect(
                                new PortContext().socket(address().toString()).queues(queues)));
        while (!connected.isDone()) {
            server.doWork();
            port.doWork();
            LockSupport.parkNanos(1);
        }
        return connected.join();
    }

    /** A packet of a flow, as the device receives it. */
    private void add(final int flow, final int number) {
        final int buffer = pool.allocate();
        final long data = pool.dataOffset(buffer);
        RawClient.MAC.write(pool.memory(), data + Ethernet.SOURCE_OFFSET);
        pool.memory().set(ValueLayout.JAVA_SHORT_UNALIGNED, data + Ethernet.TYPE_OFFSET, (short) 8);
        pool.memory().set(ValueLayout.JAVA_INT_UNALIGNED, data + Ethernet.HEADER_BYTES, number);
        vector.add(
                buffer,
                pool.headroomBytes(),
                Ethernet.MIN_FRAME_BYTES,
                0,
                flow == 0 ? 0 : PacketVector.FLAG_HASH | PacketVector.TYPE_IPV4,
                hash(flow));
    }

    private static int hash(final int flow) {
        return flow * 0x9E37_79B9;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKeepEachFlowInOneQueueAndInOrder(final boolean isZeroCopy) {
        final RingPort port = open(isZeroCopy);
        try (JavfPort client = connect(port, QUEUES)) {
            assertThat(client.properties().queues()).isEqualTo(QUEUES);
            final Map<Integer, Integer> queueOf = new HashMap<>();
            final Map<Integer, Integer> lastOf = new HashMap<>();
            for (int round = 0; round < 100; round++) {
                for (int flow = 0; flow < FLOWS; flow++) {
                    add(flow, round);
                }
                port.transmit(vector);
                for (int i = 0; i < QUEUES; i++) {
                    final PortQueue queue = client.queue(i);
                    queue.poll(
                            (memory, offset, lengthBytes, vlan, flags) -> {
                                final int hash = queue.hash();
                                assertThat(flags & PacketVector.FLAG_HASH)
                                        .isEqualTo(hash == 0 ? 0 : PacketVector.FLAG_HASH);
                                assertThat(flags & PacketVector.TYPE_IP_MASK)
                                        .isEqualTo(hash == 0 ? 0 : PacketVector.TYPE_IPV4);
                                final int number =
                                        memory.get(
                                                ValueLayout.JAVA_INT_UNALIGNED,
                                                offset + Ethernet.HEADER_BYTES);
                                assertThat(queueOf.merge(hash, queue.number(), (a, b) -> a))
                                        .isEqualTo(queue.number());
                                assertThat(lastOf.merge(hash, number, (a, b) -> b))
                                        .isEqualTo(number);
                            },
                            FLOWS);
                }
                port.doWork();
            }
            assertThat(queueOf).hasSize(FLOWS).containsEntry(0, 0);
            assertThat(queueOf.values()).contains(0, 1, 2, 3);
            assertThat(lastOf.values()).containsOnly(99);
            assertThat(port.counters().txPackets().value()).isEqualTo(100L * FLOWS);
        }
        port.releaseBuffers();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldServeAThreadPerQueue(final boolean isZeroCopy) throws InterruptedException {
        final RingPort port = open(isZeroCopy);
        final int each = 20_000;
        try (JavfPort client = connect(port, QUEUES)) {
            final AtomicBoolean isOver = new AtomicBoolean();
            final List<Thread> threads = new ArrayList<>();
            final long[] echoed = new long[QUEUES];
            for (int i = 0; i < QUEUES; i++) {
                final PortQueue queue = client.queue(i);
                threads.add(
                        Thread.ofPlatform()
                                .start(() -> {
                                    final PacketVector burst = new PacketVector();
                                    while (!isOver.get()) {
                                        queue.receive(burst);
                                        echoed[queue.number()] += queue.forward(burst);
                                        LockSupport.parkNanos(1);
                                    }
                                }));
            }
            int sent = 0;
            int received = 0;
            final int[] last = new int[FLOWS];
            while (received < each) {
                if (sent - received <= 32 && sent < each) {
                    for (int i = 0; i < 32; i++) {
                        add(1 + (sent & 31), sent);
                        sent++;
                    }
                    port.transmit(vector);
                }
                port.doWork();
                received += port.receive(vector);
                for (int i = 0; i < vector.size(); i++) {
                    final int number =
                            pool.memory()
                                    .get(
                                            ValueLayout.JAVA_INT_UNALIGNED,
                                            pool.bufferOffset(vector.buffer(i))
                                                    + vector.offsetBytes(i)
                                                    + Ethernet.HEADER_BYTES);
                    assertThat(number).as("in order").isGreaterThanOrEqualTo(last[number & 31]);
                    last[number & 31] = number;
                }
                pool.free(vector);
                LockSupport.parkNanos(1);
            }
            isOver.set(true);
            for (final Thread thread : threads) {
                thread.join();
            }
            assertThat(received).isEqualTo(sent);
            assertThat(echoed).doesNotContain(0);
            assertThat(port.counters().txFull().value()).isZero();
        }
        port.releaseBuffers();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGiveOneQueueToWhoAsksForOne(final boolean isZeroCopy) {
        final RingPort port = open(isZeroCopy);
        try (JavfPort client = connect(port, 1)) {
            assertThat(client.properties().queues()).isOne();
            for (int flow = 0; flow < FLOWS; flow++) {
                add(flow, flow);
            }
            port.transmit(vector);
            assertThat(client.poll((memory, offset, length, vlan, flags) -> {}, 2 * FLOWS))
                    .isEqualTo(FLOWS);
        }
        port.releaseBuffers();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldDropWhatAnAccessPortsClientTags(final boolean isZeroCopy) {
        final RingPort port = open(isZeroCopy);
        final MemorySegment frame = MemorySegment.ofArray(new byte[Ethernet.MIN_FRAME_BYTES]);
        RawClient.MAC.write(frame, Ethernet.SOURCE_OFFSET);
        try (JavfPort client = connect(port, 1)) {
            client.offer(frame, 0, Ethernet.MIN_FRAME_BYTES, 101);
            client.offer(frame, 0, Ethernet.MIN_FRAME_BYTES);
            assertThat(port.receive(vector)).isOne();
            assertThat(vector.flags(0)).isZero();
            assertThat(port.counters().rxTagged().value()).isOne();
            pool.free(vector);
        }
        port.releaseBuffers();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAllocateNothing(final boolean isZeroCopy) {
        final RingPort port = open(isZeroCopy);
        try (JavfPort client = connect(port, QUEUES)) {
            final PacketVector burst = new PacketVector();
            assertThat(
                            Allocations.ofSteady(() -> {
                                for (int round = 0; round < 2000; round++) {
                                    for (int flow = 0; flow < 32; flow++) {
                                        add(flow, round);
                                    }
                                    port.transmit(vector);
                                    for (int i = 0; i < QUEUES; i++) {
                                        client.queue(i).receive(burst);
                                        client.queue(i).forward(burst);
                                    }
                                    port.doWork();
                                    port.receive(vector);
                                    pool.free(vector);
                                }
                            }))
                    .isZero();
        }
        port.releaseBuffers();
    }
}
