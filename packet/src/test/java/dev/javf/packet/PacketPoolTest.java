package dev.javf.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.linux.PageSize;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

class PacketPoolTest {
    /** Of tests of what the checked mode finds. */
    private static final String CHECKED = "checked";

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
    @Tag(CHECKED)
    void shouldFindADoubleFree() {
        final int buffer = pool.allocate();
        pool.free(buffer);
        assertThatThrownBy(() -> pool.free(buffer))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("double free of packet buffer " + buffer);
    }

    @Test
    @Tag(CHECKED)
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
                .hasMessage(
                        "packet pool 'p': headroom 100 bytes, must be a multiple of 128 up to"
                                + " 32768");
        assertThatThrownBy(() -> new PacketPool("p", 1, 128, 1000, PageSize.PLAIN_4K))
                .hasMessage(
                        "packet pool 'p': data capacity 1000 bytes, must be a multiple of 128 from"
                                + " 1024 to 16256");
    }

    @Test
    void shouldHandOutAndTakeBackManyAtOnce() {
        final int[] buffers = new int[CAPACITY + 2];
        pool.allocate(buffers, 1, CAPACITY);
        assertThat(pool.available()).isZero();
        final Set<Integer> different = new HashSet<>();
        for (int i = 1; i <= CAPACITY; i++) {
            different.add(buffers[i]);
        }
        assertThat(different).hasSize(CAPACITY).allMatch(b -> b >= 0 && b < CAPACITY);
        assertThat(buffers[0]).isZero();
        assertThat(buffers[CAPACITY + 1]).isZero();
        pool.free(buffers, 1, 20);
        assertThat(pool.available()).isEqualTo(20);
        if (PacketPool.CHECKED) {
            assertThatThrownBy(() -> pool.free(buffers, 20, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("double free of packet buffer " + buffers[20]);
        }
    }

    @Test
    @Tag(CHECKED)
    void shouldFindAWriteIntoAFreeBufferAlsoWhenManyAreTaken() {
        final int buffer = pool.allocate();
        pool.free(buffer);
        pool.memory().set(ValueLayout.JAVA_INT, pool.dataOffset(buffer), 1);
        assertThatThrownBy(() -> pool.allocate(new int[2], 0, 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("use after free");
    }

    @Test
    void shouldCopyAndFreeAPacketOfSeveralBuffers() {
        final PacketVector vector = new PacketVector(4);
        add(vector, 40, 2048, 100);
        final PacketVector copies = new PacketVector(4);
        assertThat(pool.copy(vector, 0, copies)).isTrue();
        assertThat(pool.available()).isEqualTo(CAPACITY - 6);
        assertThat(copies.totalBytes(0)).isEqualTo(40 + 2048 + 100);
        int original = vector.buffer(0);
        int copy = copies.buffer(0);
        int offset = vector.offsetBytes(0);
        int length = vector.lengthBytes(0);
        int pieces = 0;
        while (original != PacketPool.NONE) {
            assertThat(copy).isNotEqualTo(original);
            final long first = pool.bufferOffset(original) + offset;
            final long second = pool.bufferOffset(copy) + offset;
            assertThat(
                            pool.memory()
                                    .asSlice(second, length)
                                    .mismatch(pool.memory().asSlice(first, length)))
                    .isNegative();
            original = pool.next(original);
            copy = pool.next(copy);
            pieces++;
            if (original != PacketPool.NONE) {
                offset = pool.pieceOffsetBytes(original);
                length = pool.pieceLengthBytes(original);
                assertThat(pool.pieceOffsetBytes(copy)).isEqualTo(offset);
                assertThat(pool.pieceLengthBytes(copy)).isEqualTo(length);
            }
        }
        assertThat(copy).isEqualTo(PacketPool.NONE);
        assertThat(pieces).isEqualTo(3);
        pool.free(vector);
        pool.free(copies);
        assertThat(pool.available()).isEqualTo(CAPACITY);
    }

    @Test
    void shouldKeepNothingOfACopyForWhichBuffersRunOut() {
        final PacketVector vector = new PacketVector(4);
        add(vector, 2048, 2048, 2048, 2048);
        while (pool.available() > 2) {
            assertThat(pool.allocate()).isNotNegative();
        }
        final PacketVector copies = new PacketVector(4);
        assertThat(pool.copy(vector, 0, copies)).isFalse();
        assertThat(copies.size()).isZero();
        assertThat(pool.available()).isEqualTo(2);
    }

    /** Adds a packet with one byte value per piece. */
    private void add(final PacketVector vector, final int... pieces) {
        final int start = pool.allocate();
        int last = start;
        pool.begin(start);
        int furtherBytes = 0;
        pool.memory().asSlice(pool.dataOffset(start), pieces[0]).fill((byte) 1);
        for (int i = 1; i < pieces.length; i++) {
            final int buffer = pool.allocate();
            pool.memory().asSlice(pool.dataOffset(buffer), pieces[i]).fill((byte) (i + 1));
            pool.append(last, buffer, pool.headroomBytes(), pieces[i]);
            furtherBytes += pieces[i];
            last = buffer;
        }
        vector.addSegmented(start, pool.headroomBytes(), pieces[0], furtherBytes, 0, 0, 0);
    }

    @Test
    void shouldShareMemoryBetweenPools() {
        final List<PacketPool> pools = PacketPool.split("p", 3, 5);
        final PacketPool first = pools.get(0);
        final PacketPool second = pools.get(1);
        assertThat(first.available()).isEqualTo(3);
        assertThat(second.available()).isEqualTo(5);
        assertThat(first.sharedMemory()).isSameAs(second.sharedMemory());
        final Set<Integer> buffers = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            final int buffer = second.allocate();
            buffers.add(buffer);
            first.free(buffer);
        }
        assertThat(second.allocate()).isEqualTo(PacketPool.NONE);
        for (int i = 0; i < 8; i++) {
            buffers.add(first.allocate());
        }
        assertThat(buffers).hasSize(8).doesNotContain(PacketPool.NONE);
        first.close();
        second.memory().get(ValueLayout.JAVA_BYTE, 0);
        second.close();
        assertThatThrownBy(() -> second.memory().get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> PacketPool.split("p", 3, 0)).hasMessageContaining("a share of 0");
    }
}
