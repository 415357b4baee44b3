package dev.javf.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Many frames, driven without allocating anything. */
class TrafficTest {
    private static final int FRAMES = 1_000_000;
    private static final int RING = 512;
    private static final int BUFFER = 2048;
    private static final int BURST = 32;
    private static final int LENGTH_MASK = 0x3FFF;
    private static final ValueLayout.OfLong QUADWORD = ValueLayout.JAVA_LONG;

    private final EthernetSwitch bridge = new EthernetSwitch("pf0", false);
    private final RingDriver sender = new RingDriver(bridge, 1, 1, RING, BUFFER);
    private final RingDriver receiver = new RingDriver(bridge, 2, 1, RING, BUFFER);

    /** A frame number's lengths and bytes, computed by both ends. */
    private static int hash(final int number) {
        int hash = number * 0x9E3779B9;
        hash ^= hash >>> 15;
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 13;
    }

    private int txSlot;
    private int longest;
    private int rxSlot;
    private int rxTail = RING - 1;
    private int sent;
    private int received;
    private int wrong;

    @BeforeEach
    void start() {
        sender.start(0, RxQueueContext.LEGACY);
        receiver.start(0, RxQueueContext.LEGACY);
        sender.port.macSpoofCheck(true);
        sender.port.txVlanFiltering(true);
        receiver.queues.doWork(0, 0);
        for (int slot = 0; slot < RING; slot++) {
            final MemorySegment memory = sender.memory;
            final byte[] header = sender.frameTo(receiver.mac, 14);
            MemorySegment.copy(
                    header, 0, memory, ValueLayout.JAVA_BYTE, sender.txBuffer(0, slot), 14);
        }
    }

    @Test
    void shouldCarryAMillionFramesOfRandomLengthInOrder() {
        longest = 9728;
        while (received < FRAMES) {
            send(1);
            receive();
        }
        assertThat(wrong).isZero();
        assertThat(received).isEqualTo(FRAMES);
        assertThat(receiver.port.counters().rxDiscards()).isZero();
        assertThat(sender.dma.faultCount() + receiver.dma.faultCount()).isZero();
    }

    @Test
    void shouldAllocateNothing() {
        longest = 1600;
        exchange(FRAMES / 4);
        assertThat(Allocations.ofSteady(() -> exchange(FRAMES))).isZero();
        assertThat(wrong).isZero();
    }

    private void exchange(final int frames) {
        final int end = received + frames;
        while (received < end) {
            send(BURST);
            receive();
        }
    }

    /** Sends a burst, each frame in one or two buffers. */
    private void send(final int burst) {
        final MemorySegment memory = sender.memory;
        for (int i = 0; i < burst; i++) {
            final int hash = hash(sent);
            final int length = length(hash, longest);
            final long at = sender.txBuffer(0, txSlot);
            for (int offset = 14; offset < length; offset += Long.BYTES) {
                memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at + offset, pattern(hash, offset));
            }
            final int first = 1 + (hash >>> 8) % (length - 1);
            final boolean inTwo = (hash & 1 << 30) != 0;
            final int command = RingDriver.EOP | (i + 1 == burst ? RingDriver.RS : 0);
            if (inTwo) {
                descriptor(at, RingDriver.data(0, 0, first, 0));
                descriptor(at + first, RingDriver.data(command, 0, length - first, 0));
            } else {
                descriptor(at, RingDriver.data(command, 0, length, 0));
            }
            sent++;
        }
        sender.txTail(0, txSlot);
        while (sender.queues.doWork(0, 16) > 0) {
            // Until the ring is empty.
        }
        final int last = txSlot == 0 ? RING - 1 : txSlot - 1;
        if (sender.txType(0, last) != 0xF) {
            wrong++;
        }
    }

    private void descriptor(final long at, final long command) {
        final long ring = sender.txRing(0) + 16L * txSlot;
        sender.memory.set(QUADWORD, ring, RingDriver.IOVA + at);
        sender.memory.set(QUADWORD, ring + 8, command);
        txSlot = txSlot + 1 == RING ? 0 : txSlot + 1;
    }

    /** One frame of sixteen may be longer than 1514 bytes. */
    private static int length(final int hash, final int longest) {
        final int shortest = 17;
        final int most = (hash >>> 24 & 15) == 0 ? longest : Math.min(longest, 1514);
        return shortest + (hash & 0xFFFFFF) % (most - shortest + 1);
    }

    private static long pattern(final int hash, final int offset) {
        return (hash & 0xFFFFFFFFL) * 0x1_0000_0001L + offset;
    }

    private void receive() {
        receiver.queues.doWork(0, 0);
        int inFrame = 0;
        while ((receiver.rxStatus(0, rxSlot) & RingDriver.DD) != 0) {
            final long status = receiver.rxStatus(0, rxSlot);
            inFrame = take(inFrame, status);
            post();
            rxSlot = rxSlot + 1 == RING ? 0 : rxSlot + 1;
        }
        receiver.rxTail(0, rxTail);
    }

    private int take(final int before, final long status) {
        final int hash = hash(received);
        final int length = (int) (status >>> 38) & LENGTH_MASK;
        final long at = receiver.rxBuffer(0, rxSlot);
        int offset = before == 0 ? 14 : before + Math.floorMod(14 - before, 8);
        for (; offset + 8 <= before + length; offset += Long.BYTES) {
            if (receiver.memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + offset - before)
                    != pattern(hash, offset)) {
                wrong++;
            }
        }
        if ((status & RingDriver.EOF) == 0) {
            return before + length;
        }
        final int expected = length(hash, longest);
        if (before + length != expected) {
            wrong++;
        }
        received++;
        return 0;
    }

    private void post() {
        final long ring = receiver.rxRing(0) + 32L * rxTail;
        receiver.memory.set(QUADWORD, ring, RingDriver.IOVA + receiver.rxBuffer(0, rxTail));
        receiver.memory.set(QUADWORD, ring + 8, 0L);
        rxTail = rxTail + 1 == RING ? 0 : rxTail + 1;
    }
}
