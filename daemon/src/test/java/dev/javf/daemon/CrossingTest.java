package dev.javf.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.Counter;
import dev.javf.packet.Counters;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;

/** The ring between two pollers, one side at a time. */
class CrossingTest {
    private final List<PacketPool> pools = PacketPool.split("crossing", 4096, 64);
    private final PacketPool pool = pools.getFirst();
    private final Poller reader = new Poller("reader", pools.getLast(), Counters.PRIVATE);
    private final Counter crossed = new Counter();
    private final Crossing crossing = new Crossing(pool, reader, crossed);
    private final PacketVector packets = new PacketVector();
    private int sent;
    private int read;

    @AfterEach
    void close() {
        reader.onClose();
        pool.close();
    }

    /** Offers packets that are numbered by their length, and says how many went. */
    private int offer(final int count, final int port, final int generation) {
        for (int i = 0; i < count; i++) {
            packets.add(pool.allocate(), 0, (sent + i) & 0xFFFF, 0, 0, 0);
        }
        final int went = crossing.offer(packets, port, generation);
        sent += went;
        pool.free(packets);
        return went;
    }

    /** Reads one burst and says how long it was. */
    private int read() {
        final PacketVector burst = crossing.read();
        final int count = burst.size();
        for (int i = 0; i < count; i++) {
            assertThat(burst.lengthBytes(i)).isEqualTo(read++ & 0xFFFF);
        }
        pool.free(burst);
        return count;
    }

    @Test
    void shouldHaveRoomForPacketsAndNotForBursts() {
        for (int i = 0; i < Crossing.CAPACITY; i++) {
            assertThat(offer(1, 0, 1)).isEqualTo(1);
        }
        assertThat(offer(1, 0, 1)).isZero();
        assertThat(read()).isEqualTo(PacketVector.CAPACITY_DEFAULT);
        assertThat(offer(60, 0, 1)).isEqualTo(60);
        assertThat(offer(60, 0, 1)).as("as many as there is room for").isEqualTo(4);
        while (crossing.hasBurst()) {
            read();
        }
        assertThat(read).isEqualTo(sent).isEqualTo(Crossing.CAPACITY + 64);
        assertThat(crossed.value()).isEqualTo(sent);
        assertThat(crossing.readBuffers()).isEqualTo(crossing.sentBuffers()).isEqualTo(sent);
        assertThat(pool.available()).isEqualTo(4096);
    }

    @Test
    void shouldKeepOrderAndOwnersRoundTheCircle() {
        for (int i = 0; i < 10 * Crossing.CAPACITY / 20; i++) {
            assertThat(offer(13, i, i - 1)).isEqualTo(13);
            assertThat(offer(7, Crossing.TO_FUNCTION, -i)).isEqualTo(7);
            assertThat(read()).isEqualTo(13);
            assertThat(crossing.port()).isEqualTo(i);
            assertThat(crossing.generation()).isEqualTo(i - 1);
            assertThat(read()).isEqualTo(7);
            assertThat(crossing.port()).isEqualTo(Crossing.TO_FUNCTION);
            assertThat(crossing.generation()).isEqualTo(-i);
        }
        assertThat(crossing.hasBurst()).isFalse();
    }

    @Test
    void shouldKeepWhatTheReaderLeaves() {
        offer(5, 3, 1);
        offer(5, 4, 1);
        final PacketVector burst = crossing.read();
        for (int i = 0; i < 2; i++) {
            pool.free(burst, i);
        }
        burst.removeFirst(2);
        read = 2;
        assertThat(crossing.hasBurst()).isTrue();
        assertThat(read()).isEqualTo(3);
        assertThat(crossing.port()).isEqualTo(3);
        assertThat(read()).isEqualTo(5);
        assertThat(crossing.port()).isEqualTo(4);
        assertThat(read()).isZero();
    }

    @Test
    void shouldCountEveryBufferOfAPacket() {
        final int first = pool.allocate();
        final int second = pool.allocate();
        pool.begin(first);
        pool.append(first, second, 0, 100);
        packets.addSegmented(first, 0, 0, 100, 0, 0, 0);
        assertThat(crossing.offer(packets, 0, 1)).isEqualTo(1);
        assertThat(read()).isEqualTo(1);
        assertThat(crossing.sentBuffers()).isEqualTo(2);
        assertThat(crossing.readBuffers()).isEqualTo(2);
        assertThat(crossed.value()).isEqualTo(1);
        assertThat(pool.available()).isEqualTo(4096);
    }
}
