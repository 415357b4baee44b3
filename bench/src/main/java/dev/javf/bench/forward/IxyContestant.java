package dev.javf.bench.forward;

import dev.javf.bench.DeviceRings;
import dev.javf.linux.UncheckedMemory;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;

/**
 * The same rings the way that ixy's driver in Java (github.com/ixy-languages/ixy.java, study of
 * 2019) has them: an object for each packet, every store to a descriptor or a buffer's header
 * volatile, a report for each packet. Written anew after its description; its device is another
 * one.
 */
final class IxyContestant implements Contestant {
    private static final VarHandle QWORD = java.lang.foreign.ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INT = java.lang.foreign.ValueLayout.JAVA_INT.varHandle();
    private static final int RING = 512;
    private static final int MASK = RING - 1;
    private static final int BUFFERS = 4 * RING;
    private static final int STRIDE_BYTES = 2176;
    private static final int HEADER_BYTES = 64;
    private static final int SIZE_OFFSET = 16;
    private static final int CLEAN_BATCH = 32;
    private static final int LENGTH_BYTES = 60;

    private final Arena arena = Arena.ofShared();
    private final long rxRing = arena.allocate(RING * 32L, 4096).address();
    private final long txRing = arena.allocate(RING * 16L, 4096).address();
    private final long tails = arena.allocate(128, 64).address();
    private final long pool = arena.allocate((long) BUFFERS * STRIDE_BYTES, 4096).address();
    private final long[] rxBuffers = new long[RING];
    private final long[] txBuffers = new long[RING];
    private final int[] free = new int[BUFFERS];
    private final Packet[] packets = new Packet[ForwardComparison.BURST_MAX];
    private int freeCount;
    private int rxHead;
    private int rxNext;
    private int txNext;
    private int txClean;
    private double burstFound;

    /** What ixy calls a packet buffer wrapper. */
    private static final class Packet {
        private final long address;

        Packet(final long address) {
            this.address = address;
        }

        int size() {
            return (int) INT.getVolatile(UncheckedMemory.ALL, address + SIZE_OFFSET);
        }

        void size(final int bytes) {
            INT.setVolatile(UncheckedMemory.ALL, address + SIZE_OFFSET, bytes);
        }

        long data() {
            return address + HEADER_BYTES;
        }
    }

    IxyContestant() {
        for (int i = 0; i < BUFFERS; i++) {
            free[freeCount++] = i;
        }
        for (int slot = 0; slot < RING; slot++) {
            post(slot);
        }
        INT.setVolatile(UncheckedMemory.ALL, tails, RING - 1);
    }

    @Override
    public String name() {
        return "ixy's way";
    }

    @Override
    public DeviceRings rings(final boolean touchesFrames) {
        return new DeviceRings(rxRing, txRing, tails, tails + 64, RING, 0, touchesFrames);
    }

    @Override
    public double run(final int burst, final int packetCount, final boolean isDeviceHere) {
        final long startNs = System.nanoTime();
        int done = 0;
        int hits = 0;
        long vain = 0;
        while (done < packetCount) {
            if (isDeviceHere) {
                arrive(burst);
            }
            final int start = txNext;
            final int received = receive(burst);
            for (int i = 0; i < received; i++) {
                Swap.addresses(packets[i].data());
            }
            transmit(received);
            if (isDeviceHere) {
                sent(start);
            }
            done += received;
            if (received > 0) {
                hits++;
            } else if (++vain > ForwardComparison.PATIENCE_POLLS) {
                throw new IllegalStateException("the device has stopped");
            }
        }
        burstFound = (double) done / hits;
        return (double) (System.nanoTime() - startNs) / done;
    }

    @Override
    public double burstFound() {
        return burstFound;
    }

    /** The device, as in the others. */
    private void arrive(final int count) {
        for (int i = 0; i < count; i++) {
            final long at = rxRing + rxHead * 32L;
            UncheckedMemory.putLong(at, 0x1234_5678_0064_0000L);
            UncheckedMemory.putLongRelease(at + 8, 0x3007L | (long) LENGTH_BYTES << 38);
            rxHead = rxHead + 1 & MASK;
        }
    }

    /** Reports were asked for by every packet. */
    private void sent(final int start) {
        for (int slot = start; slot != txNext; slot = slot + 1 & MASK) {
            final long at = txRing + slot * 16L + 8;
            UncheckedMemory.putLongRelease(at, UncheckedMemory.getLong(at) | 0xF);
        }
    }

    private void post(final int slot) {
        final long buffer = pool + (long) free[--freeCount] * STRIDE_BYTES;
        rxBuffers[slot] = buffer;
        QWORD.setVolatile(UncheckedMemory.ALL, rxRing + slot * 32L, buffer + HEADER_BYTES);
        QWORD.setVolatile(UncheckedMemory.ALL, rxRing + slot * 32L + 8, 0L);
    }

    private int receive(final int limit) {
        int count = 0;
        while (count < limit) {
            final long qword1 =
                    (long) QWORD.getVolatile(UncheckedMemory.ALL, rxRing + rxNext * 32L + 8);
            if ((qword1 & 1) == 0) {
                break;
            }
            final Packet packet = new Packet(rxBuffers[rxNext]);
            packet.size((int) (qword1 >>> 38) & 0x3FFF);
            post(rxNext);
            packets[count++] = packet;
            rxNext = rxNext + 1 & MASK;
        }
        if (count > 0) {
            INT.setVolatile(UncheckedMemory.ALL, tails, rxNext - 1 & MASK);
        }
        return count;
    }

    private void transmit(final int count) {
        clean();
        for (int i = 0; i < count; i++) {
            // ixy gives up a packet that finds no room; the others wait for it here.
            while ((txNext + 1 & MASK) == txClean) {
                INT.setVolatile(UncheckedMemory.ALL, tails + 64, txNext);
                clean();
            }
            final Packet packet = packets[i];
            final long at = txRing + txNext * 16L;
            txBuffers[txNext] = packet.address;
            QWORD.setVolatile(UncheckedMemory.ALL, at, packet.data());
            QWORD.setVolatile(UncheckedMemory.ALL, at + 8, 0x70L | (long) packet.size() << 34);
            txNext = txNext + 1 & MASK;
        }
        INT.setVolatile(UncheckedMemory.ALL, tails + 64, txNext);
    }

    private void clean() {
        while ((txNext - txClean & MASK) >= CLEAN_BATCH) {
            final int last = txClean + CLEAN_BATCH - 1 & MASK;
            final long done =
                    (long) QWORD.getVolatile(UncheckedMemory.ALL, txRing + last * 16L + 8);
            if ((done & 0xF) != 0xF) {
                break;
            }
            for (int i = 0; i < CLEAN_BATCH; i++) {
                free[freeCount++] = (int) ((txBuffers[txClean] - pool) / STRIDE_BYTES);
                txClean = txClean + 1 & MASK;
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
