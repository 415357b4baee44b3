package dev.javf.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.DriverRing;
import dev.javf.virtio.driver.DriverRing.Buffer;
import dev.javf.virtio.driver.GuestMemory;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A packed ring whose device is killed, at any place and also while it shows the driver a burst:
 * the next one, told where the first had begun, goes on where that was.
 */
class PackedTraceTest {
    private static final long IOVA = 0x12_3456_7000L;
    private static final int MAX_SIZE = 64;
    private static final int START = 0x8000_8000;
    private static final long FEATURES =
            Feature.maskOf(Feature.VERSION_1, Feature.INDIRECT_DESC, Feature.RING_PACKED);

    private final DmaSpace dma = new DmaSpace();
    private final DescriptorChain chain = new DescriptorChain(dma, MAX_SIZE);
    private final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20, 4096);
    private GuestMemory memory;
    private DriverRing ring;
    private Virtqueue queue;
    private final Deque<Integer> inFlight = new ArrayDeque<>();

    PackedTraceTest() {
        dma.map(IOVA, bytes);
        lay(1);
    }

    private void lay(final int size) {
        memory = new GuestMemory(new DmaMapping(bytes, IOVA));
        ring = DriverRing.of(memory, size, DriverRing.Format.of(FEATURES));
        queue = Virtqueue.of(dma, MAX_SIZE, FEATURES);
        inFlight.clear();
        assertThat(queue.resume(ring.settings(), START)).isEqualTo(QueueFault.NONE);
    }

    /** Makes buffers available, each with one descriptor: a buffer, or a table of several. */
    private void add(final int count, final SplittableRandom random) {
        for (int i = 0; i < count; i++) {
            final boolean isTable = random.nextBoolean();
            final Buffer first = new Buffer(1 << 19, 64, false);
            final Buffer second = new Buffer((1 << 19) + 64, 64, true);
            final int id = ring.add(isTable ? List.of(first, second) : List.of(first), isTable);
            if (id < 0) {
                return;
            }
            inFlight.add(id);
        }
    }

    /** Uses buffers, but doesn't show it. */
    private int use(final int most) {
        assertThat(queue.begin()).isTrue();
        int count = 0;
        while (count < most && queue.fetch(chain)) {
            queue.use(chain, 1);
            count++;
        }
        return count;
    }

    private void collect() {
        for (int id = ring.poll(); id >= 0; id = ring.poll()) {
            assertThat(id).as("what the device has given back").isEqualTo(inFlight.remove());
        }
    }

    private MemorySegment restOf(final int slot) {
        final long area = ring.settings().descriptorArea() - memory.iova(0);
        return memory.segment().asSlice(area + slot * 16L + 8, 8);
    }

    /** The next process is told that the ring is at a place. */
    private void kill(final int said) {
        queue = Virtqueue.of(dma, MAX_SIZE, FEATURES);
        assertThat(queue.resume(ring.settings(), said)).isEqualTo(QueueFault.NONE);
    }

    /**
     * Next to where the front-end says that the ring is, one descriptor might be the second of a
     * buffer of two, and the front-end is believed.
     */
    private static boolean isAmbiguous(final int position, final int size) {
        final int place = position & 0x7FFF;
        final boolean isFirstLap = (position & 0x8000) != 0;
        return isFirstLap ? place == 1 % size : place == size - 1;
    }

    @Test
    void shouldGoOnWhereTheKilledOneWas() {
        Seed.forEach(
                1,
                60,
                random -> {
                    final int size = random.nextInt(1, MAX_SIZE + 1);
                    lay(size);
                    for (int round = 0; round < 200; round++) {
                        add(random.nextInt(size + 1), random);
                        use(random.nextInt(size + 1));
                        queue.publish();
                        if (random.nextBoolean()) {
                            collect();
                        }
                        final int position = queue.position();
                        if (random.nextInt(4) == 0 && !isAmbiguous(position, size)) {
                            kill(START);
                            assertThat(queue.position()).isEqualTo(position);
                        }
                    }
                    use(size);
                    queue.publish();
                    collect();
                    assertThat(inFlight).isEmpty();
                });
    }

    /** Of the burst that was being shown, some are marked already, but not yet the first. */
    @Test
    void shouldFinishABurst() {
        Seed.forEach(
                1,
                60,
                random -> {
                    final int size = random.nextInt(16, MAX_SIZE + 1);
                    lay(size);
                    for (int round = 0; round < 200; round++) {
                        add(random.nextInt(size + 1), random);
                        final int slot = queue.position() & 0x7FFF;
                        final int count = use(random.nextInt(1, size / 2 - 1));
                        final long[] before = new long[count];
                        for (int i = 0; i < count; i++) {
                            before[i] = restOf((slot + i) % size).get(ValueLayout.JAVA_LONG, 0);
                        }
                        queue.publish();
                        final int marked = count < 2 ? 0 : random.nextInt(1, count);
                        for (int i = 0; i < count; i++) {
                            if (i == 0 || i > marked) {
                                restOf((slot + i) % size).set(ValueLayout.JAVA_LONG, 0, before[i]);
                            }
                        }
                        kill(0x8000 + (slot + 1 + size * 3 / 4) % size);
                        assertThat(queue.position() & 0x7FFF)
                                .isEqualTo((slot + (marked == 0 ? 0 : marked + 1)) % size);
                        use(size);
                        queue.publish();
                        collect();
                        assertThat(inFlight).isEmpty();
                    }
                });
    }

    /** Buffers of several descriptors leave no such trace: the front-end's word counts. */
    @Test
    void shouldBelieveTheFrontEndWhereTheRingDoesNotSay() {
        Seed.forEach(
                1,
                60,
                random -> {
                    lay(MAX_SIZE);
                    for (int round = 0; round < 40; round++) {
                        for (int n = random.nextInt(8); n > 0; n--) {
                            final Buffer buffer = new Buffer(1 << 19, 64, false);
                            final int id = ring.add(List.of(buffer, buffer, buffer), false);
                            if (id >= 0) {
                                inFlight.add(id);
                            }
                        }
                        use(random.nextInt(8));
                        queue.publish();
                        collect();
                        final int position = queue.position();
                        kill(position);
                        assertThat(queue.position()).isEqualTo(position);
                    }
                });
    }
}
