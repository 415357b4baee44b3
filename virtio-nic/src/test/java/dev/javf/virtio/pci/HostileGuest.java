package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl.Outcome;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest that writes whatever it likes, wherever it likes: registers, rings, tables, memory maps.
 * To get deep it plays by the rules most of the time, and breaks one now and then. Its memory lies
 * between two pages that nobody may touch; the pool's buffers must all come back.
 */
final class HostileGuest implements AutoCloseable {
    private static final long IOVA = 1L << 32;
    private static final int GUARD = 4096;
    private static final int GUEST_BYTES = 1 << 16;
    private static final byte UNTOUCHED = 0x5A;
    private static final int QUEUES = 5;
    private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

    /** Queue q has its rings at 0x1000 * q; the rest is data and tables. */
    private static final int AREA_BYTES = 0x1000;

    private final PacketPool pool = new PacketPool("hostile-guest", 64);
    private final RecordedNetwork network = new RecordedNetwork();
    private final SharedMemory shared =
            SharedMemory.allocate("hostile-guest", GUEST_BYTES + 2 * GUARD, PageSize.PLAIN_4K);
    private final MemorySegment all = shared.segment();
    private final MemorySegment memory = all.asSlice(GUARD, GUEST_BYTES);
    private final PacketVector vector = new PacketVector(32);
    private final VirtioPciFunction function;
    private final SplittableRandom random;
    private final int[] available = new int[QUEUES];
    private final int[] sizes = new int[QUEUES];
    private boolean isPacked;
    private long violations;
    private long nowNs;

    HostileGuest(final SplittableRandom random) {
        this.random = random;
        function =
                new VirtioPciFunction(
                        new NetSettings(
                                "hostile", NicRig.MAC, 1500, 2, 64, true, -1, 5 * NicRig.STEP_NS),
                        pool,
                        network,
                        reason -> violations++);
        all.fill(UNTOUCHED);
        function.dma().map(IOVA, memory);
        function.config().enableBusMaster();
    }

    /** Does so many things. */
    void act(final int operations) {
        for (int i = 0; i < operations; i++) {
            switch (random.nextInt(16)) {
                case 0, 1, 2, 3 -> ring();
                case 4, 5, 6 -> chain();
                case 7 -> scribble();
                case 8 -> register();
                case 9, 10, 11 -> function.device().receive(vector);
                case 12, 13 -> transmit();
                case 14 -> control();
                default -> seldom();
            }
            pool.free(vector);
            check();
        }
        assertThat(pool.available()).isEqualTo(pool.capacity());
        assertThat(all.asSlice(0, GUARD).mismatch(all.asSlice(GUARD + GUEST_BYTES, GUARD)))
                .as("the pages around the guest's memory")
                .isEqualTo(-1);
        assertThat(all.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(UNTOUCHED);
    }

    /** How often the driver was told off. */
    long violations() {
        return violations;
    }

    /** Packets that came from it. */
    long received() {
        return function.device().counters().rxPackets().value();
    }

    /** Packets that it was given. */
    long given() {
        return function.device().counters().txPackets().value();
    }

    private void check() {
        final int status = function.status();
        assertThat(status & ~DeviceStatus.DEFINED).isZero();
        if ((status & DeviceStatus.NEEDS_RESET) != 0) {
            assertThat(DeviceStatus.isLive(status)).isFalse();
            if (random.nextInt(4) == 0) {
                bringUp();
            }
        }
    }

    private void seldom() {
        switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> bringUp();
            case 4 -> function.functionLevelReset();
            case 5 -> {
                function.dma().unmapAll();
                function.device().receive(vector);
                function.dma().map(IOVA, memory);
            }
            case 6 -> network.outcome = OUTCOMES.get(random.nextInt(OUTCOMES.size()));
            default -> function.config().write(4, 2, random.nextInt(8));
        }
        function.config().enableBusMaster();
    }

    /** As a driver does, with random features; a mistake now and then. */
    private void bringUp() {
        write(0x14, 1, 0);
        write(0x14, 1, 3);
        final long offered = function.device().offeredFeatures();
        long chosen = offered & (random.nextLong() | Feature.VERSION_1.mask());
        if (random.nextInt(8) > 0) {
            chosen |= Feature.CTRL_VQ.mask();
        }
        for (int half = 0; half < 2; half++) {
            write(0x08, 4, half);
            write(0x0C, 4, (int) (chosen >>> (32 * half)));
        }
        write(0x14, 1, 0x0B);
        isPacked = Feature.RING_PACKED.isIn(chosen);
        for (int queue = 0; queue < QUEUES; queue++) {
            write(0x16, 2, queue);
            sizes[queue] = isPacked ? random.nextInt(1, 33) : 1 << random.nextInt(6);
            write(0x18, 2, sizes[queue]);
            for (int area = 0; area < 3; area++) {
                final long address =
                        random.nextInt(512) == 0
                                ? random.nextLong()
                                : IOVA + (long) AREA_BYTES * queue + 0x400L * area;
                write(0x20 + 8 * area, 4, (int) address);
                write(0x24 + 8 * area, 4, (int) (address >>> 32));
            }
            write(0x1C, 2, 1);
            write(0x1A, 2, random.nextInt(8));
            available[queue] = 0;
        }
        memory.asSlice(0, (long) AREA_BYTES * QUEUES).fill((byte) 0);
        for (int queue = 0; queue < QUEUES && !isPacked; queue++) {
            for (int i = 0; i < 32; i++) {
                descriptor((long) AREA_BYTES * queue + 16L * i, queue % 2 == 0);
            }
        }
        write(0x14, 1, 0x0F);
    }

    private void write(final int offset, final int widthBytes, final int value) {
        function.writeBar(VirtioPciFunction.REGISTERS_BAR, offset, widthBytes, value);
    }

    /** A register that exists, or doesn't, with any value. */
    private void register() {
        final int width = 1 << random.nextInt(3);
        final int offset = random.nextInt(0x4000) & (random.nextBoolean() ? 0x3F : -1) & -width;
        if (random.nextBoolean()) {
            write(offset, width, random.nextInt() >>> random.nextInt(32));
        } else {
            function.readBar(VirtioPciFunction.REGISTERS_BAR, offset, width);
        }
        if (random.nextInt(16) == 0) {
            final int at = random.nextInt(256) & -width;
            function.config().read(at, width);
            // Not the command register: without bus mastering nothing would go on.
            if (at > 8) {
                function.config().write(at, width, random.nextInt());
            }
        }
    }

    /** One descriptor, with a plausible address, length and flags, more often than not. */
    private void descriptor(final long at, final boolean isWritable) {
        descriptor(at, isWritable, 0);
    }

    /** Packed rings have the owner's flags in it as well. */
    private void descriptor(final long at, final boolean isWritable, final int owner) {
        final long address =
                random.nextInt(256) == 0
                        ? random.nextLong()
                        : IOVA + random.nextInt(GUEST_BYTES - 2048);
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
        final int queue = random.nextInt(QUEUES);
        final long area = (long) AREA_BYTES * queue;
        if (!isPacked) {
            final int slot = available[queue] % Math.max(1, sizes[queue]);
            memory.set(
                    ValueLayout.JAVA_SHORT,
                    area + 0x400 + 4 + 2L * slot,
                    (short)
                            random.nextInt(
                                    random.nextInt(256) == 0 ? 65536 : Math.max(1, sizes[queue])));
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
        final int queue = random.nextInt(QUEUES);
        if (isPacked) {
            return;
        }
        descriptor(
                (long) AREA_BYTES * queue + 16L * random.nextInt(32),
                queue % 2 == 0 ^ random.nextInt(16) == 0);
    }

    /** Anything anywhere in its own memory: tables, rings and event indexes included. */
    private void scribble() {
        final int rings = AREA_BYTES * QUEUES;
        final long at =
                random.nextInt(8) == 0
                        ? random.nextInt(rings)
                        : rings + random.nextInt(GUEST_BYTES - rings - 8);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong() >>> random.nextInt(64));
    }

    private void transmit() {
        for (int i = random.nextInt(4); i >= 0; i--) {
            final int buffer = pool.allocate();
            vector.add(
                    buffer,
                    random.nextInt(4) == 0 ? random.nextInt(64) : pool.headroomBytes(),
                    14 + random.nextInt(1500),
                    random.nextInt(1 << 16),
                    random.nextInt(1 << 7),
                    random.nextInt());
        }
        function.device().transmit(vector);
    }

    private void control() {
        nowNs += NicRig.STEP_NS;
        function.device().doWork(nowNs);
    }

    @Override
    public void close() {
        function.device().close();
        shared.close();
        pool.close();
    }
}
