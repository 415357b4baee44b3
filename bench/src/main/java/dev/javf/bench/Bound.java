package dev.javf.bench;

import static dev.javf.bench.DescriptorRig.LENGTH_BYTES;
import static dev.javf.bench.DescriptorRig.RING_LENGTH;

import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.Arena;

/**
 * What the queues are measured against: the same loads and stores per packet on the same ring
 * sizes, in the shortest loops that do them. No counter, no check of what the device wrote, no case
 * that doesn't occur, powers of two only; a driver that works can't be faster.
 *
 * <p>Rx, per packet: load status and tag, store buffer, length, tag and flags; store two quadwords
 * of the next descriptor. Tx, per packet: load buffer, length and tag, store two quadwords of a
 * descriptor and the buffer.
 */
final class Bound implements AutoCloseable {
    private static final int MASK = RING_LENGTH - 1;

    private final Arena arena = Arena.ofShared();
    private final long rxRing = arena.allocate(RING_LENGTH * 32L, 4096).address();
    private final long txRing = arena.allocate(RING_LENGTH * 16L, 4096).address();
    private final long tails = arena.allocate(128, 64).address();
    private final int[] rxBuffers = new int[RING_LENGTH];
    private final int[] txBuffers = new int[RING_LENGTH];
    private final int[] free = new int[4 * RING_LENGTH];
    private final int[] buffers = new int[64];
    private final int[] lengths = new int[64];
    private final int[] tags = new int[64];
    private final int[] flags = new int[64];
    private int freeCount;
    private int rxHead;
    private int rxNext;
    private int rxRefill;
    private int txNext;
    private int txFree;
    private int txReport;

    Bound() {
        for (int i = 0; i < RING_LENGTH; i++) {
            rxBuffers[i] = i;
        }
        for (int i = RING_LENGTH; i < free.length; i++) {
            free[freeCount++] = i;
        }
    }

    /** The device's write-backs, as in {@link DescriptorRig#arrive}. */
    void arrive(final int packets) {
        int head = rxHead;
        for (int i = 0; i < packets; i++) {
            final long at = rxRing + head * 32L;
            UncheckedMemory.putLong(at, 0x1234_5678_0064_0000L);
            UncheckedMemory.putLongRelease(at + 8, 0x3007L | (long) LENGTH_BYTES << 38);
            head = head + 1 & MASK;
        }
        rxHead = head;
    }

    /** The device's write-back, as in {@link DescriptorRig#sent}. */
    void sent() {
        final int tail = UncheckedMemory.getIntAcquire(tails + 64);
        final long at = txRing + (tail - 1 & MASK) * 16L + 8;
        UncheckedMemory.putLongRelease(at, UncheckedMemory.getLong(at) | 0xF);
    }

    /** Takes up to {@code limit} packets into the arrays, and refills in blocks of 32. */
    int receive(final int limit) {
        final int[] slots = rxBuffers;
        int next = rxNext;
        int count = 0;
        for (; count < limit; count++) {
            final long at = rxRing + next * 32L;
            final long qword1 = UncheckedMemory.getLongAcquire(at + 8);
            if ((qword1 & 1) == 0) {
                break;
            }
            final long qword0 = UncheckedMemory.getLong(at);
            buffers[count] = slots[next];
            lengths[count] = (int) (qword1 >>> 38) & 0x3FFF;
            tags[count] = (int) (qword0 >>> 16) & 0xFFFF;
            flags[count] = (int) qword1;
            next = next + 1 & MASK;
        }
        rxNext = next;
        while ((next - rxRefill & MASK) >= 32) {
            refill();
        }
        return count;
    }

    private void refill() {
        final int start = rxRefill;
        final int[] slots = rxBuffers;
        for (int slot = start; slot < start + 32; slot++) {
            final int buffer = free[--freeCount];
            final long at = rxRing + slot * 32L;
            slots[slot] = buffer;
            UncheckedMemory.putLong(at, buffer * 2176L);
            UncheckedMemory.putLong(at + 8, 0L);
        }
        rxRefill = start + 32 & MASK;
        UncheckedMemory.putIntRelease(tails, start + 31);
    }

    /** Puts the buffers of the first packets back. */
    void free(final int count) {
        int top = freeCount;
        for (int i = 0; i < count; i++) {
            free[top++] = buffers[i];
        }
        freeCount = top;
    }

    /** Takes buffers for {@code count} packets. */
    void allocate(final int count) {
        int top = freeCount;
        for (int i = 0; i < count; i++) {
            buffers[i] = free[--top];
            lengths[i] = LENGTH_BYTES;
            tags[i] = 100;
            flags[i] = 1;
        }
        freeCount = top;
    }

    /** Frees what is done, and sends {@code count} packets of the arrays. */
    void transmit(final int count) {
        final long report = txRing + txReport * 16L + 8;
        if ((UncheckedMemory.getLongAcquire(report) & 0xF) == 0xF) {
            int top = freeCount;
            for (int slot = txFree; slot != txNext; slot = slot + 1 & MASK) {
                free[top++] = txBuffers[slot];
            }
            freeCount = top;
            txFree = txNext;
        }
        int next = txNext;
        long qword1 = 0;
        for (int i = 0; i < count; i++) {
            final long at = txRing + next * 16L;
            final int buffer = buffers[i];
            txBuffers[next] = buffer;
            qword1 = 0xD0L | (long) lengths[i] << 34 | (long) tags[i] << 48;
            UncheckedMemory.putLong(at, buffer * 2176L + 128);
            UncheckedMemory.putLong(at + 8, qword1);
            next = next + 1 & MASK;
        }
        txReport = next - 1 & MASK;
        UncheckedMemory.putLong(txRing + txReport * 16L + 8, qword1 | 0x20);
        txNext = next;
        UncheckedMemory.putIntRelease(tails + 64, next);
    }

    @Override
    public void close() {
        arena.close();
    }
}
