package dev.javf.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.DmaAccess;
import dev.javf.vfio.DmaSpace;
import dev.javf.virtio.Feature;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Each thing that a driver must not put into a ring stops the queue, with its own cause. */
class HostileDriverTest {
    private static final long IOVA = 0x1_0000_0000L;
    private static final long BYTES = 1 << 16;
    private static final int SIZE = 8;
    private static final long DESCRIPTORS = 0;
    private static final long DRIVER = 0x1000;
    private static final long DEVICE = 0x2000;
    private static final long TABLE = 0x3000;
    private static final long DATA = 0x8000;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;

    private final DmaSpace dma = new DmaSpace();
    private final DescriptorChain chain = new DescriptorChain(dma, SIZE);
    private MemorySegment memory = MemorySegment.NULL;

    @BeforeEach
    void map() {
        memory = Arena.ofAuto().allocate(BYTES, 4096);
        dma.map(IOVA, memory);
    }

    private Virtqueue open(final Feature... features) {
        final Virtqueue queue = Virtqueue.of(dma, SIZE, Feature.maskOf(features));
        assertThat(queue.open(settings())).isEqualTo(QueueFault.NONE);
        return queue;
    }

    private static QueueSettings settings() {
        return new QueueSettings(SIZE, IOVA + DESCRIPTORS, IOVA + DRIVER, IOVA + DEVICE);
    }

    private void split(
            final long at, final long address, final int length, final int flags, final int next) {
        memory.set(ValueLayout.JAVA_LONG, at, address);
        memory.set(ValueLayout.JAVA_INT, at + 8, length);
        memory.set(ValueLayout.JAVA_SHORT, at + 12, (short) flags);
        memory.set(ValueLayout.JAVA_SHORT, at + 14, (short) next);
    }

    private void packed(final int slot, final long address, final int length, final int flags) {
        split(16L * slot, address, length, 7, AVAIL | flags);
    }

    /** Makes descriptor 0 available on the split ring. */
    private void available(final int head, final int index) {
        memory.set(ValueLayout.JAVA_SHORT, DRIVER + 4, (short) head);
        memory.set(ValueLayout.JAVA_SHORT, DRIVER + 2, (short) index);
    }

    private void assertFault(final Virtqueue queue, final QueueFault fault) {
        assertThat(queue.begin()).isTrue();
        assertThat(queue.fetch(chain)).isFalse();
        assertThat(queue.fault()).isEqualTo(fault);
        assertThat(queue.begin()).as("it has stopped").isFalse();
        assertThat(queue.fetch(chain)).isFalse();
        assertThat(queue.publish()).isFalse();
    }

    @Test
    void shouldRefuseSizes() {
        for (final int size : new int[] {-1, 0, 3, 16, 32768, 65535}) {
            final Virtqueue queue = Virtqueue.of(dma, SIZE, 0);
            assertThat(queue.open(new QueueSettings(size, IOVA, IOVA + DRIVER, IOVA + DEVICE)))
                    .as("size %d", size)
                    .isEqualTo(QueueFault.SIZE);
            assertThat(queue.begin()).isFalse();
        }
        final Virtqueue queue = Virtqueue.of(dma, SIZE, Feature.RING_PACKED.mask());
        assertThat(queue.open(new QueueSettings(3, IOVA, IOVA + DRIVER, IOVA + DEVICE)))
                .isEqualTo(QueueFault.NONE);
    }

    @Test
    void shouldRefuseRingsThatAreNotAligned() {
        final Virtqueue split = Virtqueue.of(dma, SIZE, 0);
        assertThat(split.open(new QueueSettings(SIZE, IOVA + 8, IOVA + DRIVER, IOVA + DEVICE)))
                .isEqualTo(QueueFault.ALIGNMENT);
        assertThat(split.open(new QueueSettings(SIZE, IOVA, IOVA + DRIVER + 1, IOVA + DEVICE)))
                .isEqualTo(QueueFault.ALIGNMENT);
        assertThat(split.open(new QueueSettings(SIZE, IOVA, IOVA + DRIVER, IOVA + DEVICE + 2)))
                .isEqualTo(QueueFault.ALIGNMENT);
    }

    /** CVE-2018-1059, CVE-2020-10725: the whole range is checked, not only its start. */
    @Test
    void shouldRefuseRingsThatAreNotWhollyMapped() {
        final Virtqueue queue = Virtqueue.of(dma, SIZE, 0);
        for (final long bad :
                new long[] {0, IOVA - 16, IOVA + BYTES - 16, IOVA + BYTES, -16, Long.MIN_VALUE}) {
            assertThat(queue.open(new QueueSettings(SIZE, bad, IOVA + DRIVER, IOVA + DEVICE)))
                    .isEqualTo(QueueFault.RING_ADDRESS);
            assertThat(queue.open(new QueueSettings(SIZE, IOVA, bad, IOVA + DEVICE)))
                    .isEqualTo(QueueFault.RING_ADDRESS);
            assertThat(queue.open(new QueueSettings(SIZE, IOVA, IOVA + DRIVER, bad)))
                    .isEqualTo(QueueFault.RING_ADDRESS);
        }
    }

    @Test
    void shouldRefuseAUsedRingThatIsOnlyToBeRead() {
        dma.map(IOVA + (1L << 32), memory, 0, BYTES, DmaAccess.READ_ONLY);
        final Virtqueue queue = Virtqueue.of(dma, SIZE, 0);
        assertThat(
                        queue.open(
                                new QueueSettings(
                                        SIZE,
                                        IOVA + (1L << 32),
                                        IOVA + (1L << 32) + DRIVER,
                                        IOVA + (1L << 32) + DEVICE)))
                .isEqualTo(QueueFault.RING_ADDRESS);
    }

    @Test
    void shouldStopAtAnIndexThatJumps() {
        final Virtqueue queue = open();
        available(0, SIZE + 1);
        assertFault(queue, QueueFault.AVAILABLE_INDEX);
    }

    @Test
    void shouldStopAtAnIndexThatGoesBack() {
        final Virtqueue queue = open();
        available(0, 0xFFFF);
        assertFault(queue, QueueFault.AVAILABLE_INDEX);
    }

    /** A driver that refills its ring while a burst goes on gets one lap of it, no more. */
    @Test
    void shouldTakeOneLapInABurst() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, 1, 0, 0);
        queue.begin();
        int taken = 0;
        for (int i = 0; i < 4 * SIZE; i++) {
            memory.set(ValueLayout.JAVA_SHORT, DRIVER + 2, (short) (i + 1));
            if (queue.fetch(chain)) {
                queue.use(chain, 0);
                taken++;
            }
        }
        assertThat(taken).isEqualTo(SIZE);
        queue.publish();
        assertThat(queue.fault()).isEqualTo(QueueFault.NONE);
    }

    @Test
    void shouldStopAtAHeadThatIsNoDescriptor() {
        final Virtqueue queue = open();
        available(SIZE, 1);
        assertFault(queue, QueueFault.DESCRIPTOR_INDEX);
    }

    @Test
    void shouldStopAtANextThatIsNoDescriptor() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, 1, NEXT, 0xFFFF);
        available(0, 1);
        assertFault(queue, QueueFault.DESCRIPTOR_INDEX);
    }

    @Test
    void shouldStopAtALoop() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, 1, NEXT, 1);
        split(16, IOVA + DATA, 1, NEXT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.CHAIN_LENGTH);
    }

    @Test
    void shouldStopAtAPackedChainWithoutEnd() {
        final Virtqueue queue = open(Feature.RING_PACKED);
        for (int slot = 0; slot < SIZE; slot++) {
            packed(slot, IOVA + DATA, 1, NEXT);
        }
        assertFault(queue, QueueFault.CHAIN_LENGTH);
    }

    @Test
    void shouldStopAtABufferToReadAfterOneToWrite() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, 1, NEXT | WRITE, 1);
        split(16, IOVA + DATA, 1, 0, 0);
        available(0, 1);
        assertFault(queue, QueueFault.CHAIN_ORDER);
    }

    @Test
    void shouldStopAtMoreThan4GiB() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, -1, NEXT, 1);
        split(16, IOVA + DATA, 1, 0, 0);
        available(0, 1);
        assertFault(queue, QueueFault.CHAIN_BYTES);
    }

    @Test
    void shouldStopAtATableThatWasNotAgreedOn() {
        final Virtqueue queue = open();
        split(0, IOVA + TABLE, 16, INDIRECT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.INDIRECT);
    }

    @Test
    void shouldStopAtATableWithNext() {
        final Virtqueue queue = open(Feature.INDIRECT_DESC);
        split(0, IOVA + TABLE, 16, INDIRECT | NEXT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.INDIRECT);
    }

    @Test
    void shouldStopAtATableInATable() {
        final Virtqueue queue = open(Feature.INDIRECT_DESC);
        split(0, IOVA + TABLE, 16, INDIRECT, 0);
        split(TABLE, IOVA + TABLE, 16, INDIRECT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.INDIRECT);
    }

    @Test
    void shouldStopAtATablesLength() {
        for (final int length : new int[] {0, 1, 15, 17, 16 * (SIZE + 1), -16}) {
            final Virtqueue queue = open(Feature.INDIRECT_DESC);
            split(0, IOVA + TABLE, length, INDIRECT, 0);
            available(0, 1);
            assertFault(queue, QueueFault.INDIRECT_LENGTH);
        }
    }

    @Test
    void shouldStopAtATableThatIsNotMapped() {
        final Virtqueue queue = open(Feature.INDIRECT_DESC);
        split(0, IOVA + BYTES - 16, 32, INDIRECT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.BUFFER_ADDRESS);
    }

    @Test
    void shouldStopAtALoopInATable() {
        final Virtqueue queue = open(Feature.INDIRECT_DESC);
        split(0, IOVA + TABLE, 32, INDIRECT, 0);
        split(TABLE, IOVA + DATA, 1, NEXT, 1);
        split(TABLE + 16, IOVA + DATA, 1, NEXT, 0);
        available(0, 1);
        assertFault(queue, QueueFault.CHAIN_LENGTH);
    }

    @Test
    void shouldStopAtANextOutsideTheTable() {
        final Virtqueue queue = open(Feature.INDIRECT_DESC);
        split(0, IOVA + TABLE, 32, INDIRECT, 0);
        split(TABLE, IOVA + DATA, 1, NEXT, 2);
        available(0, 1);
        assertFault(queue, QueueFault.DESCRIPTOR_INDEX);
    }

    @Test
    void shouldNotCopyFromOrToWhatIsNotMapped() {
        final Virtqueue queue = open();
        split(0, IOVA + BYTES - 4, 8, NEXT, 1);
        split(16, -4L, 8, WRITE, 0);
        available(0, 1);
        queue.begin();
        assertThat(queue.fetch(chain)).isTrue();
        final MemorySegment own = Arena.ofAuto().allocate(16);
        assertThat(chain.read(own, 0, 8)).isFalse();
        assertThat(chain.write(own, 0, 8)).isFalse();
    }

    /**
     * CVE-2020-14374 and the like: what was checked is what is used, whatever the ring says now.
     */
    @Test
    void shouldNotLookASecondTime() {
        final Virtqueue queue = open();
        split(0, IOVA + DATA, 4, 0, 0);
        available(0, 1);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, DATA, 0x01020304);
        queue.begin();
        assertThat(queue.fetch(chain)).isTrue();
        split(0, IOVA + BYTES - 1, 1 << 30, WRITE | NEXT, 99);
        assertThat(chain.readableBytes()).isEqualTo(4);
        final MemorySegment own = Arena.ofAuto().allocate(4);
        assertThat(chain.read(own, 0, 4)).isTrue();
        assertThat(own.get(ValueLayout.JAVA_INT, 0)).isEqualTo(0x01020304);
    }

    @Test
    void shouldTakeNothingWithWrongWrapFlags() {
        final Virtqueue queue = open(Feature.RING_PACKED);
        split(0, IOVA + DATA, 1, 7, USED);
        queue.begin();
        assertThat(queue.fetch(chain)).isFalse();
        split(0, IOVA + DATA, 1, 7, AVAIL | USED);
        assertThat(queue.fetch(chain)).isFalse();
        assertThat(queue.fault()).isEqualTo(QueueFault.NONE);
    }
}
