package dev.javf.virtio.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.Feature;
import dev.javf.virtio.driver.HostileRings;
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
    private static final int GUEST_BYTES = HostileRings.GUEST_BYTES;
    private static final byte UNTOUCHED = 0x5A;
    private static final int QUEUES = 5;
    private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

    private final PacketPool pool = new PacketPool("hostile-guest", 64);
    private final RecordedNetwork network = new RecordedNetwork();
    private final SharedMemory shared =
            SharedMemory.allocate("hostile-guest", GUEST_BYTES + 2 * GUARD, PageSize.PLAIN_4K);
    private final MemorySegment all = shared.segment();
    private final MemorySegment memory = all.asSlice(GUARD, GUEST_BYTES);
    private final PacketVector vector = new PacketVector(32);
    private final VirtioPciFunction function;
    private final SplittableRandom random;
    private final HostileRings rings;
    private long violations;
    private long nowNs;

    HostileGuest(final SplittableRandom random) {
        this.random = random;
        rings = new HostileRings(memory, IOVA, QUEUES, random);
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
                case 0, 1, 2, 3, 4, 5, 6, 7 -> rings.act();
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
        final long chosen =
                random.nextInt(16) == 0
                        ? random.nextLong()
                        : random.nextInt(8) == 0
                                ? Choices.of(offered, random)
                                : Choices.of(offered, random, Feature.CTRL_VQ);
        for (int half = 0; half < 2; half++) {
            write(0x08, 4, half);
            write(0x0C, 4, (int) (chosen >>> (32 * half)));
        }
        write(0x14, 1, 0x0B);
        rings.make(Feature.RING_PACKED.isIn(chosen));
        for (int queue = 0; queue < QUEUES; queue++) {
            write(0x16, 2, queue);
            write(0x18, 2, rings.size(queue));
            for (int part = 0; part < 3; part++) {
                final long address =
                        random.nextInt(512) == 0
                                ? random.nextLong()
                                : IOVA + HostileRings.area(queue, part);
                write(0x20 + 8 * part, 4, (int) address);
                write(0x24 + 8 * part, 4, (int) (address >>> 32));
            }
            write(0x1C, 2, 1);
            write(0x1A, 2, random.nextInt(8));
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
            if (random.nextInt(8) == 0) {
                vector.offload(
                        vector.size() - 1,
                        random.nextInt() & (PacketVector.FLAGS_TX_OFFLOAD | PacketVector.TYPE_MASK),
                        random.nextInt(32),
                        random.nextInt(64),
                        random.nextInt(64),
                        random.nextInt(1500));
            }
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
