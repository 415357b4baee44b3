package dev.javf.bench.vhost;

import dev.javf.linux.UncheckedMemory;
import dev.javf.virtio.queue.QueueSettings;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One ring of a guest's, as VirtIO 1.2 has it in 2.7 and 2.8: each descriptor a buffer of its own.
 */
final class GuestRing {
    /** Descriptors. */
    static final int SIZE = 256;

    /** What the ring and its buffers take. */
    static final long AREA_BYTES = 1 << 20;

    private static final VarHandle WORD16 =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle WORD64 =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final int DESCRIPTOR_BYTES = 16;
    private static final long DRIVER_AREA = 8192;
    private static final long DEVICE_AREA = 16384;
    private static final long BUFFERS = 32768;

    /** As DPDK's are: 128 bytes of its own, the headroom that ends with the header, the frame. */
    private static final int BUFFER_BYTES = 2304;

    private static final int HEADER = 244;
    private static final int WRITE = 2;
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;

    private final long address;
    private final long iova;
    private final boolean isPacked;
    private long rest;
    private int next;
    private int owner = AVAIL;

    /**
     * A ring that is empty.
     *
     * @param address where its area starts, which is zero.
     * @param iova where the device finds it.
     * @param isPacked its format.
     */
    GuestRing(final long address, final long iova, final boolean isPacked) {
        this.address = address;
        this.iova = iova;
        this.isPacked = isPacked;
    }

    QueueSettings settings() {
        return new QueueSettings(SIZE, iova, iova + DRIVER_AREA, iova + DEVICE_AREA);
    }

    /** Makes the descriptors. */
    void fill(final boolean isWritable, final int lengthBytes) {
        rest = lengthBytes | (long) (isWritable ? WRITE : 0) << (isPacked ? 48 : 32);
        for (int i = 0; i < SIZE; i++) {
            final long at = address + (long) i * DESCRIPTOR_BYTES;
            WORD64.set(UncheckedMemory.ALL, at, iova + BUFFERS + HEADER + (long) i * BUFFER_BYTES);
            if (!isPacked) {
                WORD64.set(UncheckedMemory.ALL, at + 8, rest);
                WORD16.set(UncheckedMemory.ALL, address + DRIVER_AREA + 4 + 2L * i, (short) i);
            }
        }
    }

    /** Makes the next buffers available, at most as many as the ring has. */
    void offer(final int buffers) {
        if (isPacked) {
            for (int i = 0; i < buffers; i++) {
                WORD64.setRelease(
                        UncheckedMemory.ALL,
                        address + (long) next * DESCRIPTOR_BYTES + 8,
                        rest | (long) next << 32 | (long) owner << 48);
                next++;
                if (next == SIZE) {
                    next = 0;
                    owner ^= AVAIL | USED;
                }
            }
        } else {
            next = (next + buffers) & 0xFFFF;
            WORD16.setRelease(UncheckedMemory.ALL, address + DRIVER_AREA + 2, (short) next);
        }
    }
}
