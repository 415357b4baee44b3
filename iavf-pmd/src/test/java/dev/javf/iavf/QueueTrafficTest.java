package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.testing.Allocations;
import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Both queues under random traffic, against the device's ends of their rings. */
class QueueTrafficTest {
    private static final int ALLOCATION_PACKETS = 1_000_000;
    private static final int WARM_UP_PACKETS = 200_000;
    private static final int WARM_UP_ROUNDS_MAX = 50;

    @ParameterizedTest
    @MethodSource("ringLengths")
    void shouldCarryEveryFrameInOrderWhateverTheRingLength(final int ringLength) {
        Seed.forEach(
                ringLength,
                2,
                random -> carry(random, ringLength, ringLength + 130, 5 * ringLength));
    }

    @ParameterizedTest
    @EnumSource(VlanTagLocation.class)
    void shouldCarryAMillionFrames(final VlanTagLocation location) {
        if (location != VlanTagLocation.NONE) {
            Seed.forEach(
                    1,
                    1,
                    random -> {
                        try (QueueRig rig = new QueueRig(256, 600, location)) {
                            carry(random, rig, 500_000);
                        }
                    });
        }
    }

    /** Random write-backs in every slot, at any time: no buffer is ever in two hands. */
    @Test
    void shouldSurviveAHostileDevice() {
        Seed.forEach(
                100,
                50,
                random -> {
                    try (QueueRig rig = new QueueRig(64, 200, VlanTagLocation.L2TAG2)) {
                        torment(random, rig);
                    }
                });
    }

    /**
     * Once it is compiled: interpreted VarHandles allocate, and when the compiler gets to them
     * depends on the machine's load, so it is warmed up until a round is clean.
     */
    @Test
    void shouldAllocateNothingPerPacket() {
        try (QueueRig rig = new QueueRig(512, 2048, VlanTagLocation.L2TAG1)) {
            rig.rx.start();
            rig.tx.start();
            final PacketVector vector = new PacketVector(64);
            for (int round = 0; round < WARM_UP_ROUNDS_MAX; round++) {
                if (Allocations.of(() -> forward(rig, vector, WARM_UP_PACKETS)) == 0) {
                    break;
                }
            }
            final long before = rig.tx.counters().packetCount();
            final long bytes = Allocations.of(() -> forward(rig, vector, ALLOCATION_PACKETS));
            assertThat(bytes).isZero();
            assertThat(rig.tx.counters().packetCount() - before).isEqualTo(ALLOCATION_PACKETS);
        }
    }

    /** Packets of three buffers, received and sent, each to be cut into segments. */
    @Test
    void shouldAllocateNothingForPacketsOfSeveralBuffers() {
        try (QueueRig rig = new QueueRig(512, 2048, VlanTagLocation.L2TAG2)) {
            rig.rx.start();
            rig.tx.start();
            final PacketVector vector = new PacketVector(64);
            for (int round = 0; round < WARM_UP_ROUNDS_MAX; round++) {
                if (Allocations.of(() -> forwardSegmented(rig, vector, WARM_UP_PACKETS)) == 0) {
                    break;
                }
            }
            final long before = rig.tx.counters().packetCount();
            final int packets = ALLOCATION_PACKETS / 4;
            assertThat(Allocations.of(() -> forwardSegmented(rig, vector, packets))).isZero();
            assertThat(rig.tx.counters().packetCount() - before).isEqualTo(4L * packets);
        }
    }

    static IntStream ringLengths() {
        return IntStream.rangeClosed(64 / 32, 512 / 32).map(blocks -> blocks * 32);
    }

    private static void carry(
            final SplittableRandom random,
            final int ringLength,
            final int poolCapacity,
            final int frames) {
        try (QueueRig rig = new QueueRig(ringLength, poolCapacity, VlanTagLocation.L2TAG1)) {
            carry(random, rig, frames);
        }
    }

    /** Frames go through the Tx queue, over a wire that drops nothing, into the Rx queue. */
    private static void carry(final SplittableRandom random, final QueueRig rig, final int frames) {
        final PacketVector out = new PacketVector(64);
        final PacketVector in = new PacketVector(64);
        final ArrayDeque<byte[]> wire = new ArrayDeque<>();
        final ArrayDeque<Integer> wireTags = new ArrayDeque<>();
        final int buffers = rig.pool.available();
        rig.rx.start();
        rig.tx.start();
        int made = 0;
        int received = 0;
        while (received < frames) {
            for (int burst = random.nextInt(65); burst > 0 && made < frames; burst--) {
                if (out.room() == 0 || rig.pool.available() == 0) {
                    break;
                }
                final byte[] frame = Frames.frame(made, length(made));
                final int tag = tag(made++);
                final int flags = tag < 0 ? 0 : PacketVector.FLAG_VLAN;
                Frames.add(rig.pool, out, frame, Math.max(tag, 0), flags);
            }
            rig.tx.transmit(out);
            rig.txHardware.send(
                    (frame, tag) -> {
                        wire.add(frame);
                        wireTags.add(tag);
                    },
                    random.nextInt(100));
            while (!wire.isEmpty() && rig.rxHardware.free() > 0 && random.nextInt(40) > 0) {
                deliver(rig, wire.remove(), wireTags.remove());
            }
            rig.rx.receive(in);
            for (int i = 0; i < in.size(); i++, received++) {
                Frames.assertSame(
                        received,
                        Frames.bytes(rig.pool, in, i),
                        Frames.frame(received, length(received)));
                assertThat((in.flags(i) & PacketVector.FLAG_VLAN) == 0 ? -1 : in.vlan(i))
                        .isEqualTo(tag(received));
            }
            rig.pool.free(in);
            rig.tx.freeDone();
        }
        rig.tx.freeDone();
        rig.tx.reclaim();
        rig.rx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(buffers);
        assertThat(rig.rx.counters().packetCount()).isEqualTo(frames);
        assertThat(rig.tx.counters().packetCount()).isEqualTo(frames);
    }

    private static void deliver(final QueueRig rig, final byte[] frame, final int tag) {
        if (tag < 0) {
            rig.rxHardware.deliver(frame);
        } else {
            // In both places at once: which one counts is what was agreed.
            rig.rxHardware.deliver(frame, (long) tag << 16, 0x4, (long) tag << 48 | 1);
        }
    }

    private static int length(final int number) {
        return 17 + Integer.remainderUnsigned(number * 0x9E37_79B9, QueueRig.FRAME_BYTES_MAX - 16);
    }

    private static int tag(final int number) {
        return number % 3 == 0 ? -1 : number * 7 & 0xFFFF;
    }

    private static void torment(final SplittableRandom random, final QueueRig rig) {
        final BitSet mine = new BitSet();
        final PacketVector vector = new PacketVector(48);
        final int buffers = rig.pool.available();
        rig.rx.start();
        rig.tx.start();
        for (int round = 0; round < 200; round++) {
            for (int i = random.nextInt(80); i > 0; i--) {
                rig.rxHardware.vandalise(
                        random.nextInt(64), random.nextInt(4), hostileQword(random));
            }
            for (int i = random.nextInt(20); i > 0; i--) {
                rig.txHardware.vandalise(random.nextInt(64));
            }
            rig.rx.receive(vector);
            for (int i = 0; i < vector.size(); i++) {
                assertThat(vector.lengthBytes(i)).isBetween(14, 2048);
                assertThat(vector.totalBytes(i)).isLessThanOrEqualTo(RxQueue.PIECES_MAX * 2048);
                int buffer = vector.buffer(i);
                final boolean isSegmented = (vector.flags(i) & PacketVector.FLAG_SEGMENTED) != 0;
                while (buffer != PacketPool.NONE) {
                    assertThat(mine.get(buffer)).isFalse();
                    mine.set(buffer);
                    buffer = isSegmented ? rig.pool.next(buffer) : PacketPool.NONE;
                }
            }
            mine.clear();
            rig.tx.transmit(vector);
            rig.pool.free(vector);
        }
        rig.rx.reclaim();
        rig.tx.reclaim();
        assertThat(rig.pool.available()).isEqualTo(buffers);
    }

    private static long hostileQword(final SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> 0x3 | (long) random.nextInt(0x4000) << 38;
            case 2 -> 0x3 | (long) random.nextInt(2100) << 38;
            default -> 0x1;
        };
    }

    private static void forward(final QueueRig rig, final PacketVector vector, final int packets) {
        int done = 0;
        while (done < packets) {
            for (int i = Math.min(48, packets - done); i > 0; i--) {
                rig.rxHardware.writeBack(100L << 16 | 7L << 32, 0x3007 | 60L << 38, 0);
            }
            done += rig.rx.receive(vector);
            rig.tx.transmit(vector);
            rig.txHardware.complete();
        }
        rig.tx.freeDone();
    }

    private static void forwardSegmented(
            final QueueRig rig, final PacketVector vector, final int packets) {
        final int request =
                PacketVector.FLAG_TX_SEGMENT | PacketVector.TYPE_IPV4 | PacketVector.TYPE_TCP;
        int done = 0;
        while (done < packets) {
            for (int i = Math.min(16, packets - done); i > 0; i--) {
                rig.rxHardware.writeBack(0, 0x1 | 2048L << 38, 0);
                rig.rxHardware.writeBack(0, 0x1 | 2048L << 38, 0);
                rig.rxHardware.writeBack(0, 0x3 | 1000L << 38, 7L << 48 | 1);
            }
            done += rig.rx.receive(vector);
            for (int i = 0; i < vector.size(); i++) {
                vector.offload(i, request, 14, 20, 20, 1400);
            }
            rig.tx.transmit(vector);
            rig.txHardware.complete();
        }
        rig.tx.freeDone();
    }
}
