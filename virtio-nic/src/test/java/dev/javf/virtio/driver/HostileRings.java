package dev.javf.virtio.driver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The rings of a guest that writes whatever it likes into them. To get deep it plays by the rules
 * most of the time. Queue q has its rings at 0x1000 * q, the rest of the memory is data and tables.
 */
public final class HostileRings {
    /** Length of the guest's memory. */
    public static final int GUEST_BYTES = 1 << 16;

    private static final int AREA_BYTES = 0x1000;
    private static final int PART_BYTES = 0x400;

    private final MemorySegment memory;
    private final long iova;
    private final SplittableRandom random;
    private final int[] available;
    private final int[] sizes;
    private boolean isPacked;

    /**
     * Rings of one descriptor each.
     *
     * @param memory of the guest, {@link #GUEST_BYTES} long.
     * @param iova its address.
     * @param queues how many; even ones are written by the device.
     * @param random decides on everything.
     */
    public HostileRings(
            final MemorySegment memory,
            final long iova,
            final int queues,
            final SplittableRandom random) {
        this.memory = memory;
        this.iova = iova;
        this.random = random;
        available = new int[queues];
        sizes = new int[queues];
        Arrays.fill(sizes, 1);
    }

    /**
     * Makes them anew.
     *
     * @param packed of which format.
     */
    public void make(final boolean packed) {
        isPacked = packed;
        for (int queue = 0; queue < sizes.length; queue++) {
            sizes[queue] = isPacked ? random.nextInt(1, 33) : 1 << random.nextInt(6);
            available[queue] = 0;
        }
        memory.asSlice(0, (long) AREA_BYTES * sizes.length).fill((byte) 0);
        for (int queue = 0; queue < sizes.length && !isPacked; queue++) {
            for (int i = 0; i < 32; i++) {
                descriptor((long) AREA_BYTES * queue + 16L * i, queue % 2 == 0, 0);
            }
        }
    }

    /** Descriptors of a queue. */
    public int size(final int queue) {
        return sizes[queue];
    }

    /** Offset of one of a queue's three areas in the memory. */
    public static long area(final int queue, final int part) {
        return (long) AREA_BYTES * queue + (long) PART_BYTES * part;
    }

    /** Does something to a ring or to the memory. */
    public void act() {
        switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> ring();
            case 4, 5, 6 -> chain();
            default -> scribble();
        }
    }

    /**
     * One descriptor, with a plausible address, length and flags, more often than not; a packed
     * ring's has the owner's flags in it as well.
     */
    private void descriptor(final long at, final boolean isWritable, final int owner) {
        final long address =
                random.nextInt(256) == 0
                        ? random.nextLong()
                        : iova + random.nextInt(GUEST_BYTES - 2048);
        final int length =
                switch (random.nextInt(128)) {
                    case 0 -> random.nextInt();
                    case 1 -> 16 * random.nextInt(8);
                    case 2 -> random.nextInt(12);
                    default -> random.nextInt(1800);
                };
        int flags = isWritable ? 2 : 0;
        flags |= random.nextInt(16) == 0 ? 1 : 0;
        flags |= random.nextInt(64) == 0 ? 4 : 0;
        flags |= random.nextInt(256) == 0 ? random.nextInt(8) : 0;
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, address);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + 8, length);
        if (isPacked) {
            memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 12, (short) random.nextInt());
            memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 14, (short) (flags | owner));
        } else {
            memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 12, (short) flags);
            memory.set(
                    ValueLayout.JAVA_SHORT_UNALIGNED,
                    at + 14,
                    (short) (random.nextInt(64) == 0 ? random.nextInt() : random.nextInt(32)));
        }
    }

    /** Makes something available. */
    private void ring() {
        final int queue = random.nextInt(sizes.length);
        final long area = (long) AREA_BYTES * queue;
        if (!isPacked) {
            final int slot = available[queue] % sizes[queue];
            memory.set(
                    ValueLayout.JAVA_SHORT,
                    area + 0x400 + 4 + 2L * slot,
                    (short) random.nextInt(random.nextInt(256) == 0 ? 65536 : sizes[queue]));
            available[queue] += random.nextInt(1024) == 0 ? random.nextInt(65536) : 1;
            memory.set(ValueLayout.JAVA_SHORT, area + 0x402, (short) available[queue]);
        } else {
            final int slot = available[queue] % sizes[queue];
            final boolean isOddLap = available[queue] / sizes[queue] % 2 == 1;
            descriptor(area + 16L * slot, queue % 2 == 0, isOddLap ? 1 << 15 : 1 << 7);
            available[queue] += random.nextInt(64) == 0 ? 2 : 1;
        }
    }

    private void chain() {
        final int queue = random.nextInt(sizes.length);
        if (isPacked) {
            return;
        }
        descriptor(
                (long) AREA_BYTES * queue + 16L * random.nextInt(32),
                queue % 2 == 0 ^ random.nextInt(16) == 0,
                0);
    }

    /** Anything anywhere in its own memory: tables, rings and event indexes included. */
    private void scribble() {
        final int rings = AREA_BYTES * sizes.length;
        final long at =
                random.nextInt(8) == 0
                        ? random.nextInt(rings)
                        : rings + random.nextInt(GUEST_BYTES - rings - 8);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong() >>> random.nextInt(64));
    }
}
