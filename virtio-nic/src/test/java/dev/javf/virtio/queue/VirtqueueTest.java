package dev.javf.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.DriverRing;
import dev.javf.virtio.driver.DriverRing.Buffer;
import dev.javf.virtio.driver.GuestMemory;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/** Both ends of a ring, in both formats, with and without EVENT_IDX and IN_ORDER. */
class VirtqueueTest {
    private static final long IOVA = 0x12_3456_7000L;
    private static final int MAX_SIZE = 64;

    static List<DriverRing.Format> formats() {
        final List<DriverRing.Format> formats = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            formats.add(new DriverRing.Format((i & 1) != 0, (i & 2) != 0, (i & 4) != 0));
        }
        return formats;
    }

    private static long features(final DriverRing.Format format) {
        return Feature.maskOf(Feature.VERSION_1, Feature.INDIRECT_DESC)
                | (format.isPacked() ? Feature.RING_PACKED.mask() : 0)
                | (format.isEventIndex() ? Feature.EVENT_IDX.mask() : 0)
                | (format.isInOrder() ? Feature.IN_ORDER.mask() : 0);
    }

    /** A chain on its way, and what its part to be read holds. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Sent(List<Buffer> buffers, byte[] bytes) {}

    /** A guest's memory and a queue in it. */
    private static final class Rig {
        final DmaSpace dma = new DmaSpace();
        final GuestMemory memory;
        final Virtqueue queue;
        final DriverRing ring;
        final DescriptorChain chain = new DescriptorChain(dma, MAX_SIZE);

        Rig(final DriverRing.Format format, final int size) {
            final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20, 4096);
            dma.map(IOVA, bytes);
            memory = new GuestMemory(new DmaMapping(bytes, IOVA));
            ring = DriverRing.of(memory, size, format);
            queue = Virtqueue.of(dma, MAX_SIZE, features(format));
            assertThat(queue.open(ring.settings())).isEqualTo(QueueFault.NONE);
        }
    }

    /** Chains of all shapes go there, are echoed in their writable part, and come back in order. */
    @ParameterizedTest
    @MethodSource("formats")
    void shouldCarryRandomChains(final DriverRing.Format format) {
        Seed.forEach(1, 30, random -> exchange(format, random));
    }

    private static void exchange(final DriverRing.Format format, final SplittableRandom random) {
        final int size =
                format.isPacked() ? random.nextInt(1, MAX_SIZE + 1) : 1 << random.nextInt(7);
        final Rig rig = new Rig(format, size);
        final long data = rig.memory.allocate(size * 512L, 1);
        final Deque<Integer> inFlight = new ArrayDeque<>();
        final Map<Integer, Sent> sent = new HashMap<>();
        final MemorySegment echo = Arena.ofAuto().allocate(1 << 16);
        for (int round = 0; round < 400; round++) {
            if (random.nextInt(3) > 0) {
                add(rig, random, size, data, inFlight, sent);
            }
            if (random.nextInt(3) == 0 && rig.queue.begin()) {
                for (int n = random.nextInt(size + 1); n > 0 && rig.queue.fetch(rig.chain); n--) {
                    final long readable = rig.chain.readableBytes();
                    assertThat(rig.chain.read(echo, 0, readable)).isTrue();
                    assertThat(echo.asSlice(0, readable).toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(sentAs(sent, rig.chain.id()).bytes());
                    final long written = Math.min(readable, rig.chain.writableBytes());
                    assertThat(rig.chain.write(echo, 0, written)).isTrue();
                    rig.queue.use(rig.chain, written);
                }
                rig.queue.publish();
            }
            assertThat(rig.queue.fault()).isEqualTo(QueueFault.NONE);
            collect(rig, inFlight, sent);
        }
    }

    private static void add(
            final Rig rig,
            final SplittableRandom random,
            final int size,
            final long data,
            final Deque<Integer> inFlight,
            final Map<Integer, Sent> sent) {
        final int readable = random.nextInt(0, Math.min(4, size) + 1);
        final int writable = random.nextInt(0, Math.min(4, size) + 1);
        if (readable + writable == 0 || readable + writable > size || inFlight.size() == size) {
            return;
        }
        final List<Buffer> buffers = new ArrayList<>();
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        // A place of its own: no more than size chains are on their way.
        final long at =
                data
                        + 512L
                                * (inFlight.isEmpty()
                                        ? 0
                                        : (lastSlot(sent, inFlight, data) + 1) % size);
        for (int i = 0; i < readable + writable; i++) {
            final Buffer buffer = new Buffer(at + 64L * i, random.nextInt(65), i >= readable);
            if (i < readable) {
                final byte[] bytes = new byte[buffer.lengthBytes()];
                random.nextBytes(bytes);
                rig.memory.put(buffer.offset(), bytes);
                all.writeBytes(rig.memory.get(buffer.offset(), buffer.lengthBytes()));
            }
            buffers.add(buffer);
        }
        final int id = rig.ring.add(buffers, random.nextBoolean());
        if (id >= 0) {
            inFlight.add(id);
            sent.put(id, new Sent(buffers, all.toByteArray()));
        }
    }

    private static int lastSlot(
            final Map<Integer, Sent> sent, final Deque<Integer> inFlight, final long data) {
        return (int)
                ((sentAs(sent, inFlight.getLast()).buffers().getFirst().offset() - data) / 512);
    }

    private static Sent sentAs(final Map<Integer, Sent> sent, final int id) {
        return Objects.requireNonNull(sent.get(id), "the device used what it wasn't given");
    }

    private static void collect(
            final Rig rig, final Deque<Integer> inFlight, final Map<Integer, Sent> sent) {
        for (int id = rig.ring.poll(); id >= 0; id = rig.ring.poll()) {
            assertThat(id).as("used in order").isEqualTo(inFlight.remove());
            final Sent chain = sentAs(sent, id);
            final ByteArrayOutputStream echoed = new ByteArrayOutputStream();
            for (final Buffer buffer : chain.buffers()) {
                if (buffer.isWritable()) {
                    echoed.writeBytes(rig.memory.get(buffer.offset(), buffer.lengthBytes()));
                }
            }
            final int written = Math.min(chain.bytes().length, echoed.size());
            assertThat(rig.ring.usedLength()).isEqualTo(written);
            assertThat(Arrays.copyOf(echoed.toByteArray(), written))
                    .isEqualTo(Arrays.copyOf(chain.bytes(), written));
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void shouldNotifyWhenTheDriverWantsIt(final DriverRing.Format format) {
        final Rig rig = new Rig(format, 8);
        final List<Buffer> buffers = List.of(new Buffer(rig.memory.allocate(64, 1), 64, false));
        for (int lap = 0; lap < 40; lap++) {
            rig.ring.wantInterrupt(true);
            assertThat(useOne(rig, buffers)).as("wanted, lap %d", lap).isTrue();
            rig.ring.wantInterrupt(false);
            assertThat(useOne(rig, buffers)).as("not wanted, lap %d", lap).isFalse();
        }
    }

    private static boolean useOne(final Rig rig, final List<Buffer> buffers) {
        assertThat(rig.ring.add(buffers, false)).isNotNegative();
        assertThat(rig.queue.begin()).isTrue();
        assertThat(rig.ring.isQuiet()).as("the device polls").isTrue();
        assertThat(rig.queue.fetch(rig.chain)).isTrue();
        rig.queue.use(rig.chain, 0);
        final boolean isNotified = rig.queue.publish();
        assertThat(rig.ring.poll()).isNotNegative();
        return isNotified;
    }

    @ParameterizedTest
    @MethodSource("formats")
    void shouldReturnToASavedPlace(final DriverRing.Format format) {
        final Rig rig = new Rig(format, 4);
        final long data = rig.memory.allocate(64, 1);
        for (int i = 0; i < 3; i++) {
            rig.ring.add(List.of(new Buffer(data, 10 + i, false)), false);
        }
        rig.queue.begin();
        rig.queue.fetch(rig.chain);
        rig.queue.use(rig.chain, 0);
        rig.queue.save();
        for (int i = 0; i < 2; i++) {
            rig.queue.fetch(rig.chain);
            rig.queue.use(rig.chain, 0);
        }
        rig.queue.restore();
        rig.queue.publish();
        assertThat(rig.ring.poll()).isNotNegative();
        assertThat(rig.ring.poll()).isNegative();
        rig.queue.begin();
        assertThat(rig.queue.fetch(rig.chain)).isTrue();
        assertThat(rig.chain.readableBytes()).isEqualTo(11);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void shouldStopWhenTheRingIsUnmapped(final DriverRing.Format format) {
        final Rig rig = new Rig(format, 4);
        assertThat(rig.queue.begin()).isTrue();
        rig.dma.unmapAll();
        assertThat(rig.queue.begin()).isFalse();
        assertThat(rig.queue.fault()).isEqualTo(QueueFault.RING_ADDRESS);
        assertThat(rig.queue.open(rig.ring.settings())).isEqualTo(QueueFault.RING_ADDRESS);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void shouldAllocateNothing(final DriverRing.Format format) {
        final Rig rig = new Rig(format, 64);
        final long data = rig.memory.allocate(4096, 1);
        final MemorySegment copy = Arena.ofAuto().allocate(4096);
        final List<Buffer> buffers =
                List.of(new Buffer(data, 100, false), new Buffer(data, 2000, true));
        final Runnable device =
                () -> {
                    rig.queue.begin();
                    while (rig.queue.fetch(rig.chain)) {
                        rig.chain.read(copy, 0, 100);
                        rig.chain.write(copy, 0, 2000);
                        rig.queue.use(rig.chain, 2000);
                    }
                    rig.queue.publish();
                };
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3000 && least > 0; round++) {
            while (rig.ring.add(buffers, round % 2 == 0) >= 0) {
                // Until it is full.
            }
            final long bytes = Allocations.of(device);
            if (round >= 500) {
                least = Math.min(least, bytes);
            }
            while (rig.ring.poll() >= 0) {
                // Until it is empty.
            }
        }
        assertThat(least).isZero();
    }
}
