package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.PageSize;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

class PacketPoolTest {
    private static final int CAPACITY = 32;

    private final PacketPool pool =
            new PacketPool("pool-test", CAPACITY, 128, 2048, PageSize.PLAIN_4K);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void shouldHandOutEveryBufferOnce() {
        final Set<Integer> buffers = new HashSet<>();
        for (int i = 0; i < CAPACITY; i++) {
            buffers.add(pool.allocate());
        }
        assertThat(buffers).hasSize(CAPACITY).allMatch(b -> b >= 0 && b < CAPACITY);
        assertThat(pool.available()).isZero();
        assertThat(pool.allocate()).isEqualTo(PacketPool.NONE);
        assertThat(pool.exhaustedCount()).isEqualTo(1);
    }

    @Test
    void shouldKeepBuffersApart() {
        assertThat(pool.strideBytes()).isEqualTo(128 + 2048);
        for (int buffer = 0; buffer < CAPACITY; buffer++) {
            assertThat(pool.dataOffset(buffer)).isEqualTo(pool.bufferOffset(buffer) + 128);
            assertThat(pool.bufferOffset(buffer)).isEqualTo((long) buffer * 2176);
        }
        assertThat(pool.memory().byteSize()).isGreaterThanOrEqualTo(CAPACITY * 2176L);
    }

    @Test
    void shouldFindADoubleFree() {
        final int buffer = pool.allocate();
        pool.free(buffer);
        assertThatThrownBy(() -> pool.free(buffer))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("double free of packet buffer " + buffer);
    }

    @Test
    void shouldFindAWriteIntoAFreeBuffer() {
        final int buffer = pool.allocate();
        pool.free(buffer);
        pool.memory().set(ValueLayout.JAVA_BYTE, pool.dataOffset(buffer) + 10, (byte) 1);
        assertThatThrownBy(pool::allocate)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("use after free: packet buffer " + buffer + " was written while free");
    }

    @Test
    void shouldNeverLoseOrDoubleABuffer() {
        Seed.forEach(
                1,
                50,
                random -> {
                    final ArrayDeque<Integer> held = new ArrayDeque<>();
                    for (int i = 0; i < 1000; i++) {
                        if (random.nextBoolean()) {
                            final int buffer = pool.allocate();
                            if (buffer == PacketPool.NONE) {
                                assertThat(held).hasSize(CAPACITY);
                            } else {
                                assertThat(held).doesNotContain(buffer);
                                held.add(buffer);
                            }
                        } else if (!held.isEmpty()) {
                            pool.free(held.remove());
                        }
                        assertThat(pool.available()).isEqualTo(CAPACITY - held.size());
                    }
                    held.forEach(pool::free);
                });
    }

    @Test
    void shouldFreeAWholeVector() {
        final PacketVector vector = new PacketVector(4);
        for (int i = 0; i < 4; i++) {
            vector.add(pool.allocate(), pool.headroomBytes(), 60, 0, 0, 0);
        }
        pool.free(vector);
        assertThat(vector.size()).isZero();
        assertThat(pool.available()).isEqualTo(CAPACITY);
    }

    @Test
    void shouldNotAllocateOnTheHeap() {
        final Runnable body =
                () -> {
                    for (int i = 0; i < 100_000; i++) {
                        pool.free(pool.allocate());
                    }
                };
        body.run();
        assertThat(Allocations.ofSteady(body)).isZero();
    }

    @Test
    void shouldNameTheLimitsOfItsNumbers() {
        assertThatThrownBy(() -> new PacketPool("p", 0))
                .hasMessage("packet pool 'p': capacity 0, at least 1 is needed");
        assertThatThrownBy(() -> new PacketPool("p", 1, 100, 2048, PageSize.PLAIN_4K))
                .hasMessage("packet pool 'p': headroom 100 bytes, must be a multiple of 128");
        assertThatThrownBy(() -> new PacketPool("p", 1, 128, 1000, PageSize.PLAIN_4K))
                .hasMessage(
                        "packet pool 'p': data capacity 1000 bytes, must be a multiple of 128 from"
                                + " 1024 to 16256");
    }
}
