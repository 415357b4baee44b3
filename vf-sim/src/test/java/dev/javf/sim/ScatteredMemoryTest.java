package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.DmaAccess;
import dev.javf.vfio.RemoteMemory;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rings and buffers in memory that is mapped page by page, read-only, or another process's. */
class ScatteredMemoryTest {
    private static final int PAGE_BYTES = 4096;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = RingDriver.started(bridge, 1);
    private final RingDriver receiver = RingDriver.started(bridge, 2);

    private static void unmap(final RingDriver driver) {
        driver.dma.unmap(RingDriver.IOVA, driver.memory.byteSize());
    }

    private static void mapPages(final RingDriver driver) {
        unmap(driver);
        for (long at = 0; at < driver.memory.byteSize(); at += PAGE_BYTES) {
            driver.dma.map(RingDriver.IOVA + at, driver.memory.asSlice(at, PAGE_BYTES));
        }
    }

    private static void mapRemotely(final RingDriver driver) {
        unmap(driver);
        final MemorySegment memory = driver.memory;
        driver.dma.map(
                RingDriver.IOVA,
                memory.byteSize(),
                DmaAccess.READ_WRITE,
                new RemoteMemory() {
                    @Override
                    public boolean read(
                            final long iova,
                            final MemorySegment destination,
                            final long offset,
                            final long lengthBytes) {
                        MemorySegment.copy(
                                memory, iova - RingDriver.IOVA, destination, offset, lengthBytes);
                        return true;
                    }

                    @Override
                    public boolean write(
                            final long iova,
                            final MemorySegment source,
                            final long offset,
                            final long lengthBytes) {
                        MemorySegment.copy(
                                source, offset, memory, iova - RingDriver.IOVA, lengthBytes);
                        return true;
                    }
                });
    }

    private void expectTraffic() {
        receiver.queues.doWork(0, 0);
        for (int i = 0; i < 3 * sender.ringLength; i++) {
            final int length = 17 + i * 41 % 6000;
            final byte[] frame = sender.frameTo(receiver.mac, length);
            if (i % 3 == 0 && length > 100) {
                sender.enqueuePieces(0, frame, 3, length - 50, 47);
            } else {
                sender.enqueue(0, frame, i % 3 == 1 ? RingDriver.IL2TAG1 : 0, 7);
            }
            sender.doorbell(0);
            sender.queues.doWork(0, 10);
            final byte[] expected = i % 3 == 1 ? Frames.tagged(frame, 0x8100, 7) : frame;
            assertThat(receiver.one().frame()).isEqualTo(expected);
        }
        assertThat(sender.dma.faultCount() + receiver.dma.faultCount()).isZero();
    }

    @Test
    void shouldCopyAcrossPagesThatAreMappedOneByOne() {
        mapPages(sender);
        mapPages(receiver);
        expectTraffic();
    }

    @Test
    void shouldReachMemoryOfAnotherProcess() {
        mapRemotely(sender);
        mapRemotely(receiver);
        expectTraffic();
    }

    @Test
    void shouldSegmentFromPagesThatAreMappedOneByOne() {
        mapPages(sender);
        receiver.queues.doWork(0, 0);
        final byte[] segment = Frames.tcp(7, 8, 0x18, Frames.counting(9000));
        final byte[] frame = Frames.ipv4(receiver.mac, sender.mac, new int[] {1, 2}, 6, segment);
        Frames.put(frame, 50, Frames.sum(frame, 26, 34, 6));
        sender.descriptor(0, 0, 1 | 1 << 4 | 9000L << 30 | 1460L << 50);
        sender.enqueue(0, frame, 0x160 << 4, 7 | 5 << 7 | 5 << 14, 0);
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        receiver.receive();
        assertThat(receiver.received).hasSize(7);
        assertThat(receiver.received)
                .allSatisfy(got -> assertThat(got.quadwords()[1] >>> 22 & 3).isZero());
    }

    @Test
    void shouldSendFromReadOnlyMemoryButNotReceiveIntoIt() {
        receiver.queues.doWork(0, 0);
        final long readOnly = 0x9_0000_0000L;
        sender.dma.map(readOnly, sender.memory, 0, PAGE_BYTES, DmaAccess.READ_ONLY);
        receiver.dma.map(readOnly, receiver.memory, 0, PAGE_BYTES, DmaAccess.READ_ONLY);
        final byte[] frame = sender.frameTo(receiver.mac, 60);
        final long scratch = 2048;
        MemorySegment.copy(frame, 0, sender.memory, ValueLayout.JAVA_BYTE, scratch, 60);
        sender.descriptor(0, readOnly + scratch, RingDriver.data(RingDriver.EOP, 0, 60, 0));
        sender.doorbell(0);
        sender.queues.doWork(0, 10);
        assertThat(receiver.one().frame()).isEqualTo(frame);

        final int slot = receiver.rxNext(0);
        receiver.memory.set(
                ValueLayout.JAVA_LONG, receiver.rxRing(0) + 32L * slot, readOnly + scratch);
        sender.send(frame);
        assertThat(receiver.none()).isTrue();
        assertThat(receiver.dma.faultCount()).isEqualTo(1);
        assertThat(receiver.queues.isRxEnabled(0)).isFalse();
    }
}
